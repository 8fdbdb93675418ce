package redisjournal

import "strconv"

// The keys of an organisation carry its shard as a hash tag, so that one script
// call of a Cluster reaches many organisations. Their formats are schema 1:
//
//	heard:h:{17}      identity of the journal: "1 64 HISTORY" (schema, shards, history)
//	heard:d:{17}      sorted set of the organisations that have entries, all scores 0
//	heard:f:{17}:ORG  hash: e = epoch, v = sequence of the newest record, r = epoch that was given up last
//	heard:l:{17}      a mark that looks at fences write where there are replicas
//	heard:j:{17}:ORG  stream: ID is LAST-EPOCH, n = number of records, d = payload
const (
	schema     = 1
	keyHistory = "heard:h:{"
	keyDirty   = "heard:d:{"
	keyFence   = "heard:f:{"
	keyStream  = "heard:j:{"
	keyMark    = "heard:l:{"
)

// shardOf never changes: an organisation's keys are where it says.
func shardOf(org string, shards int) int {
	h := uint32(2166136261) // FNV-1a
	for i := range len(org) {
		h = (h ^ uint32(org[i])) * 16777619
	}
	return int((h ^ h>>16) % uint32(shards))
}

func historyKey(shard int) string { return keyHistory + strconv.Itoa(shard) + "}" }
func markKey(shard int) string    { return keyMark + strconv.Itoa(shard) + "}" }
func dirtyKey(shard int) string   { return keyDirty + strconv.Itoa(shard) + "}" }

func fenceKey(shard int, org string) string {
	return keyFence + strconv.Itoa(shard) + "}:" + org
}

func streamKey(shard int, org string) string {
	return keyStream + strconv.Itoa(shard) + "}:" + org
}
