package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
)

// benchmarks are what both trees are asked for.
var benchmarks = []struct {
	folder, pattern string
	times           int  // each; enough for what is allocated once to round to nothing
	counted         bool // by instruction: it keeps to one goroutine
}{
	{"domain/billing", "ComputeTenLines$", 2000, true},
	{"transport/rest", "Decode/clean$", 2000, true},
	{"transport/rest", "Request/heard", 2000, false},
	{"actors", "Create/memory$", 5000, false},
}

// figures are those of one benchmark.
type figures struct{ bytes, allocations float64 }

// allocations prints what each benchmark allocates in both trees.
func allocations(ctx context.Context, before, here tree) error {
	fmt.Println("\nAllocations, go test -bench -benchmem; exact but for what goroutines share in actors")
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "\tallocs %s\there\tbytes %s\there\t\n", before.name, before.name)
	for _, b := range benchmarks {
		old, err := before.allocate(ctx, b.folder, b.pattern, b.times)
		if err != nil {
			return err
		}
		now, names, err := here.allocateInOrder(ctx, b.folder, b.pattern, b.times)
		if err != nil {
			return err
		}
		for _, name := range names {
			was, there := old[name]
			if !there {
				fmt.Fprintf(table, "%s %s\tnot there\t%.0f\t\t%.0f\t\n", b.folder, name, now[name].allocations, now[name].bytes)
				continue
			}
			fmt.Fprintf(table, "%s %s\t%.0f\t%.0f%s\t%.0f\t%.0f%s\t\n", b.folder, name, was.allocations, now[name].allocations,
				change(was.allocations, now[name].allocations), was.bytes, now[name].bytes, change(was.bytes, now[name].bytes))
		}
	}
	return table.Flush()
}

func change(was, is float64) string {
	if was == 0 || was == is {
		return ""
	}
	return fmt.Sprintf(" (%+.1f %%)", (is/was-1)*100)
}

func (t tree) allocate(ctx context.Context, folder, pattern string, times int) (map[string]figures, error) {
	all, _, err := t.allocateInOrder(ctx, folder, pattern, times)
	return all, err
}

// allocateInOrder runs a package's benchmarks; of a tree without the package
// there are none.
func (t tree) allocateInOrder(ctx context.Context, folder, pattern string, times int) (map[string]figures, []string, error) {
	if _, err := os.Stat(t.test(folder)); err != nil {
		return nil, nil, nil
	}
	command := exec.CommandContext(ctx, t.test(folder), "-test.run", "^$", "-test.bench", pattern, "-test.benchmem",
		"-test.benchtime", fmt.Sprint(times, "x"), "-test.timeout", "5m")
	command.Dir = filepath.Join(t.source, folder)
	out, err := command.Output()
	if err != nil {
		return nil, nil, fmt.Errorf("%s, %s: %w\n%s", t.name, folder, err, out)
	}
	all, names := read(out)
	return all, names, nil
}

// read reads the lines of benchmarks, such as
// BenchmarkDecode/clean-2  2000  1234 ns/op  56 B/op  7 allocs/op.
func read(out []byte) (all map[string]figures, names []string) {
	all = map[string]figures{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if dash := strings.LastIndexByte(name, '-'); dash > 0 {
			if _, err := strconv.Atoi(name[dash+1:]); err == nil { // processors
				name = name[:dash]
			}
		}
		var f figures
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				break
			}
			switch fields[i+1] {
			case "B/op":
				f.bytes = value
			case "allocs/op":
				f.allocations = value
			}
		}
		all[name], names = f, append(names, name)
	}
	return all, names
}
