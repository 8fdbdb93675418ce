package rival

import (
	"fmt"
	"os"

	"heard/bench/load"
)

// maxFile is where the file of appends starts again, so that it cannot fill the
// disk.
const maxFile = 64 << 20

// Appends is a loop that appends so many bytes to a file in a folder and waits
// for the disk each time: what one writer can make durable that never lets two
// share an fsync. End removes the file.
func Appends(folder string, size int) (job load.Job, end func(), err error) {
	file, err := os.CreateTemp(folder, "fsync-of-bench-")
	if err != nil {
		return load.Job{}, nil, fmt.Errorf("fsync: %w", err)
	}
	a := &appends{file: file, record: make([]byte, size)}
	for i := range a.record {
		a.record[i] = byte('a' + i%26)
	}
	job = load.Job{Operations: []string{"append and fsync"}, Worker: func(int) load.Worker { return a }}
	return job, func() {
		_ = file.Close()
		_ = os.Remove(file.Name()) // what stays is as long as maxFile
	}, nil
}

type appends struct {
	file   *os.File
	record []byte
	size   int64
}

// Send appends once.
func (a *appends) Send(load.Turn) (int, error) {
	if a.size+int64(len(a.record)) > maxFile {
		if err := a.file.Truncate(0); err != nil {
			return 0, err
		}
		a.size = 0
	}
	n, err := a.file.WriteAt(a.record, a.size)
	a.size += int64(n)
	if err == nil {
		err = a.file.Sync()
	}
	return 0, err
}
