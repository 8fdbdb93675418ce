package limits

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// used is the processor time of all that a contestant consists of. Unlike rates
// it hardly depends on what else the machine does.
func (c *contestant) used(b *testing.B) time.Duration {
	b.Helper()
	total, err := c.server.CPU()
	for _, pid := range c.others {
		if err == nil {
			var n time.Duration
			n, err = familyCPU(pid)
			total += n
		}
	}
	if err != nil {
		b.Fatal(err)
	}
	return total
}

// familyCPU is the time of a process and its children: PostgreSQL has one for
// each connection. One that is gone by now, as a stopped FerretDB, used none.
func familyCPU(parent int) (total time.Duration, err error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return 0, err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it ended
		}
		var state string
		var above int
		if _, err := fmt.Sscan(string(data[strings.LastIndexByte(string(data), ')')+1:]), &state, &above); err != nil {
			return 0, err
		}
		if pid != parent && above != parent {
			continue
		}
		if used, err := CPUOf(pid); err == nil {
			total += used
		}
	}
	return total, nil
}

func familyUsed(b *testing.B, parent int) time.Duration {
	b.Helper()
	used, err := familyCPU(parent)
	if err != nil {
		b.Fatal(err)
	}
	return used
}

func redisPID(b *testing.B, s *stored) int {
	b.Helper()
	info, _ := s.journal.Do("INFO server").(string)
	_, text, _ := strings.Cut(info, "process_id:")
	pid, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(text, "\r", 2)[0]))
	if err != nil {
		b.Fatalf("process of Redis: %v", err)
	}
	return pid
}
