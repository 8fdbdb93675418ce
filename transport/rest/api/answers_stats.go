package api

// Stats is what cmd/heard answers to performance-stats. A part that is not
// running is {}, so that nothing in a part is always there.
type Stats struct {
	Cache     StatsCache     `json:"cache"`
	Batch     StatsBatch     `json:"batch_processor"`
	Billing   StatsBilling   `json:"billing_engine"`
	WebSocket StatsWebSocket `json:"websocket"`
	Actors    StatsActors    `json:"actors"`
	Journal   StatsJournal   `json:"journal"`
	Damaged   StatsDamaged   `json:"damaged"`
	Cluster   StatsCluster   `json:"cluster"`
	HTTP      StatsHTTP      `json:"http"`
	Timestamp moment         `json:"timestamp"`
}

// StatsCache are reads by tier.
type StatsCache struct {
	TotalRequests int64        `json:"total_requests,omitempty"`
	L1Hits        int64        `json:"l1_hits,omitempty"`
	L2Hits        int64        `json:"l2_hits,omitempty"`
	L3Hits        int64        `json:"l3_hits,omitempty"`
	L1HitRate     string       `json:"l1_hit_rate,omitempty"`
	L2HitRate     string       `json:"l2_hit_rate,omitempty"`
	L3HitRate     string       `json:"l3_hit_rate,omitempty"`
	L1HitRatePct  float64      `json:"l1_hit_rate_pct,omitempty"`
	L2HitRatePct  float64      `json:"l2_hit_rate_pct,omitempty"`
	L3HitRatePct  float64      `json:"l3_hit_rate_pct,omitempty"`
	AvgLatencyMS  string       `json:"avg_latency_ms,omitempty"`
	L1            StatsCacheL1 `json:"l1_stats,omitempty"`
	L2            StatsCacheL2 `json:"l2_stats,omitempty"`
}

// StatsCacheL1 is the tier in memory.
type StatsCacheL1 struct {
	Hits       int64   `json:"hits"`
	Misses     int64   `json:"misses"`
	HitRate    string  `json:"hit_rate"`
	HitRatePct float64 `json:"hit_rate_pct"`
	Size       int64   `json:"size"`
	Capacity   int64   `json:"capacity"`
}

// StatsCacheL2 is the tier in Redis.
type StatsCacheL2 struct {
	Up      bool  `json:"up"`
	Errors  int64 `json:"errors"`
	Skipped int64 `json:"skipped"`
}

// StatsBatch is the drainer.
type StatsBatch struct {
	TotalOperations     int64            `json:"total_operations,omitempty"`
	BatchesProcessed    int64            `json:"batches_processed,omitempty"`
	AvgBatchSize        float64          `json:"avg_batch_size,omitempty"`
	OperationsPerSecond float64          `json:"operations_per_second,omitempty"`
	LastFlushTime       moment           `json:"last_flush_time,omitempty"`
	PendingOperations   int64            `json:"pending_operations,omitempty"`
	OperationTypes      map[string]int64 `json:"operation_types,omitempty"`
	DatabaseOperations  int64            `json:"database_operations,omitempty"`
	SavedPct            float64          `json:"saved_pct,omitempty"`
	UndrainedRecords    int64            `json:"undrained_records,omitempty"`
	Failures            int64            `json:"failures,omitempty"`
}

// StatsBilling is the calculator.
type StatsBilling struct {
	Calculations    int64   `json:"calculations,omitempty"`
	AvgTimeMS       float64 `json:"avg_time_ms,omitempty"`
	CacheHits       int64   `json:"cache_hits,omitempty"`
	CacheMisses     int64   `json:"cache_misses,omitempty"`
	CacheHitRate    string  `json:"cache_hit_rate,omitempty"`
	CacheHitRatePct float64 `json:"cache_hit_rate_pct,omitempty"`
	CachedTaxRates  int64   `json:"cached_tax_rates,omitempty"`
}

// StatsWebSocket is the gateway.
type StatsWebSocket struct {
	TotalConnections  int64   `json:"total_connections,omitempty"`
	MessagesSent      int64   `json:"messages_sent,omitempty"`
	MessagesFailed    int64   `json:"messages_failed,omitempty"`
	AvgLatencyMS      float64 `json:"avg_latency_ms,omitempty"`
	ActiveConnections int64   `json:"active_connections,omitempty"`
	Organizations     int64   `json:"organizations,omitempty"`
	Rooms             int64   `json:"rooms,omitempty"`
	MessagesReceived  int64   `json:"messages_received,omitempty"`
	Commands          int64   `json:"commands,omitempty"`
	Refused           int64   `json:"refused,omitempty"`
	SlowClosed        int64   `json:"slow_closed,omitempty"`
	IdleClosed        int64   `json:"idle_closed,omitempty"`
	Unauthenticated   int64   `json:"unauthenticated_closed,omitempty"`
	Stalled           int64   `json:"stalled,omitempty"`
	Slowed            int64   `json:"slowed,omitempty"`
	CatchingUp        int64   `json:"catching_up,omitempty"`
	ReplayedEvents    int64   `json:"replayed_events,omitempty"`
	SnapshotPages     int64   `json:"snapshot_pages,omitempty"`
	SharedChunks      int64   `json:"shared_chunks,omitempty"`
	Resyncs           int64   `json:"resyncs,omitempty"`
	Overflows         int64   `json:"overflows,omitempty"`
	Panics            int64   `json:"panics,omitempty"`
}

// StatsActors are the organisations in memory.
type StatsActors struct {
	Commands      int64 `json:"commands,omitempty"`
	UnderWay      int64 `json:"under_way,omitempty"`
	Organisations int64 `json:"organisations,omitempty"`
	LiveOrders    int64 `json:"live_orders,omitempty"`
	OpenOrders    int64 `json:"open_orders,omitempty"`
	Shed          int64 `json:"shed,omitempty"`
	Quarantined   int64 `json:"quarantined,omitempty"`
}

// StatsJournal is the log; which figures there are depends on the store.
type StatsJournal struct {
	Appends          int64   `json:"appends,omitempty"`
	Entries          int64   `json:"entries,omitempty"`
	Bytes            int64   `json:"bytes,omitempty"`
	EntriesPerAppend float64 `json:"entries_per_append,omitempty"`
	Repeats          int64   `json:"repeats,omitempty"`
	Unknown          int64   `json:"unknown,omitempty"`
	Fenced           int64   `json:"fenced,omitempty"`
	DrainLagMS       float64 `json:"drain_lag_ms,omitempty"`
	UndrainedRecords int64   `json:"undrained_records,omitempty"`
	Up               bool    `json:"up,omitempty"`
	Outages          int64   `json:"outages,omitempty"`
	NewOrdersRefused int64   `json:"new_orders_refused,omitempty"`
	StoreUp          bool    `json:"store_up,omitempty"`
	StoreOutages     int64   `json:"store_outages,omitempty"`
	Damaged          int64   `json:"damaged,omitempty"`
	Fsyncs           int64   `json:"fsyncs,omitempty"`
	FsyncP99MS       float64 `json:"fsync_p99_ms,omitempty"`
	FsyncAvgMS       float64 `json:"fsync_avg_ms,omitempty"`
	DiskBytes        int64   `json:"disk_bytes,omitempty"`
	LogBytes         int64   `json:"log_bytes,omitempty"`
	L0Files          int64   `json:"l0_files,omitempty"`
	Stalls           int64   `json:"stalls,omitempty"`
	RedisUsedBytes   int64   `json:"redis_used_bytes,omitempty"`
	RedisMaxBytes    int64   `json:"redis_max_bytes,omitempty"`
	RedisReplicas    int64   `json:"redis_replicas_demanded,omitempty"`
	MongoWrites      int64   `json:"mongo_writes,omitempty"`
}

// StatsDamaged is what cannot be read as it was written.
type StatsDamaged struct {
	Records []StatsDamagedRecord `json:"records"`
	Files   []string             `json:"files"`
}

// StatsDamagedRecord names one record and what holds it.
type StatsDamagedRecord struct {
	Organisation string `json:"organisation"`
	Seq          uint64 `json:"seq"`
	In           string `json:"in"`
	Error        string `json:"error"`
}

// StatsCluster is this node among the others; {} where it is alone.
type StatsCluster struct {
	Node              string      `json:"node,omitempty"`
	Address           string      `json:"address,omitempty"`
	Nodes             []StatsNode `json:"nodes,omitempty"`
	Organisations     int64       `json:"organisations,omitempty"`
	MovesOut          int64       `json:"moves_out,omitempty"`
	Takeovers         int64       `json:"takeovers,omitempty"`
	Fenced            int64       `json:"fenced,omitempty"`
	FenceChecks       int64       `json:"fence_checks,omitempty"`
	MembershipChanges int64       `json:"membership_changes,omitempty"`
	RemoteRequests    int64       `json:"remote_requests,omitempty"`
	RemoteFailed      int64       `json:"remote_failed,omitempty"`
	RemoteWaiting     int64       `json:"remote_waiting,omitempty"`
	RemoteServed      int64       `json:"remote_served,omitempty"`
	Retries           int64       `json:"retries,omitempty"`
	RemoteP50MS       float64     `json:"remote_p50_ms,omitempty"`
	RemoteP99MS       float64     `json:"remote_p99_ms,omitempty"`
	RemoteAvgMS       float64     `json:"remote_avg_ms,omitempty"`
	Followed          int64       `json:"followed,omitempty"`
	FollowedElsewhere int64       `json:"followed_elsewhere,omitempty"`
	Followers         int64       `json:"followers,omitempty"`
	Refollowed        int64       `json:"refollowed,omitempty"`
}

// StatsNode is a node of the cluster, with what it says of itself.
type StatsNode struct {
	Name          string `json:"name"`
	Address       string `json:"address"`
	Self          bool   `json:"self,omitempty"`
	Left          bool   `json:"left,omitempty"`
	Answers       bool   `json:"answers"`
	Organisations int64  `json:"organisations,omitempty"`
	MovesOut      int64  `json:"moves_out,omitempty"`
	Takeovers     int64  `json:"takeovers,omitempty"`
	Fenced        int64  `json:"fenced,omitempty"`
}

// StatsHTTP is the last minute.
type StatsHTTP struct {
	RequestsLastMinute int64            `json:"requests_last_minute,omitempty"`
	P50MS              float64          `json:"p50_ms,omitempty"`
	P90MS              float64          `json:"p90_ms,omitempty"`
	P99MS              float64          `json:"p99_ms,omitempty"`
	InFlight           int64            `json:"in_flight,omitempty"`
	Connections        StatsConnections `json:"connections,omitempty"`
}

// StatsConnections is rest.ConnectionStats.
type StatsConnections struct {
	Open      int64 `json:"open"`
	Refused   int64 `json:"refused"`
	Exhausted int64 `json:"exhausted"`
	Crowded   int64 `json:"crowded"`
	Bodies    int64 `json:"bodies"`
	Answers   int64 `json:"answers"`
	NoRoom    int64 `json:"no_room"`
}
