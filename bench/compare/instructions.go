package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"text/tabwriter"
	"time"
)

// instructions prints how many instructions an operation takes in both trees, as
// callgrind counts them. Two equal builds differ by up to half a percent.
func instructions(ctx context.Context, before, here tree) error {
	if _, err := exec.LookPath("valgrind"); err != nil {
		fmt.Println("\nInstructions: not counted here, there is no valgrind")
		return nil
	}
	fmt.Println("\nInstructions an operation, valgrind --tool=callgrind; below 1 % it is noise")
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "\t%s\there\t\n", before.name)
	for _, b := range benchmarks {
		if !b.counted {
			continue
		}
		var n [2]float64
		for i, t := range []tree{before, here} {
			var err error
			if n[i], err = t.count(ctx, b.folder, b.pattern, b.times); err != nil {
				fmt.Printf("%s, %s %s: not counted here: %v\n", t.name, b.folder, b.pattern, err)
			}
		}
		if n[0] == 0 || n[1] == 0 {
			continue
		}
		fmt.Fprintf(table, "%s %s\t%.0f\t%.0f%s\t\n", b.folder, b.pattern, n[0], n[1], change(n[0], n[1]))
	}
	return table.Flush()
}

// count takes the instructions of a longer run less those of a shorter one, so
// that what the process does once falls out.
func (t tree) count(ctx context.Context, folder, pattern string, times int) (float64, error) {
	short, err := t.callgrind(ctx, folder, pattern, times)
	if err != nil {
		return 0, err
	}
	long, err := t.callgrind(ctx, folder, pattern, 2*times)
	return (long - short) / float64(times), err
}

var collected = regexp.MustCompile(`Collected : (\d+)`)

// callgrind counts one run. The run has a limit of time from outside: one of its
// own uses the processor's counter (RDTSCP), which valgrind does not know.
func (t tree) callgrind(ctx context.Context, folder, pattern string, times int) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", t.test(folder),
		"-test.run", "^$", "-test.bench", pattern, "-test.benchtime", fmt.Sprint(times, "x"), "-test.timeout", "0")
	command.Dir = filepath.Join(t.source, folder)
	// One thread and no collection, so that the count repeats; preemption by signals
	// can crash a Go program under valgrind.
	command.Env = append(os.Environ(), "GODEBUG=asyncpreemptoff=1", "GOMAXPROCS=1", "GOGC=off")
	var said bytes.Buffer
	command.Stderr = &said
	if err := command.Run(); err != nil {
		return 0, fmt.Errorf("callgrind: %w", err)
	}
	number := collected.FindSubmatch(said.Bytes())
	if number == nil {
		return 0, fmt.Errorf("callgrind printed no count")
	}
	return strconv.ParseFloat(string(number[1]), 64)
}
