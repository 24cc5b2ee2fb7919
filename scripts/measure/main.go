//go:build linux

// Command measure times shell commands against each other: in turn, n rounds, the preparation of each untimed. It prints
// one line a command: median seconds, least, most, and the peak memory of its largest process in MiB.
//
//	measure N PREPARE RUN [PREPARE RUN]...
package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"
)

func main() {
	if err := measure(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func measure(args []string) error {
	if len(args) < 3 || len(args)%2 == 0 {
		return fmt.Errorf("wanted N PREPARE RUN [PREPARE RUN]..., got %d arguments", len(args))
	}
	rounds, err := strconv.Atoi(args[0])
	if err != nil || rounds < 1 {
		return fmt.Errorf("%s: not a number of rounds", args[0])
	}
	pairs := slices.Collect(slices.Chunk(args[1:], 2))
	seconds := make([][]float64, len(pairs))
	peak := make([]int64, len(pairs))
	for range rounds {
		for i, pair := range pairs {
			if _, err := run(pair[0]); err != nil {
				return err
			}
			start := time.Now()
			kib, err := run(pair[1])
			if err != nil {
				return err
			}
			seconds[i] = append(seconds[i], time.Since(start).Seconds())
			peak[i] = max(peak[i], kib)
		}
	}
	for i, s := range seconds {
		slices.Sort(s)
		fmt.Printf("%.2f %.2f %.2f %d\n", (s[(len(s)-1)/2]+s[len(s)/2])/2, s[0], s[len(s)-1], peak[i]/1024)
	}
	return nil
}

// run runs a shell command; the peak that the kernel tells covers every process that was waited for.
func run(command string) (kib int64, err error) {
	cmd := exec.Command("bash", "-euc", command)
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", command, err, out)
	}
	return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss, nil
}
