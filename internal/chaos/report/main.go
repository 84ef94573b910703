// Report runs the fault matrix and prints it row by row, with what was measured.
//
//	go run ./internal/chaos/report                  # everything, some minutes
//	go run ./internal/chaos/report -row 3,4,12      # some rows
//	go run ./internal/chaos/report -markdown        # as docs/reliability.md has it
//	go run ./internal/chaos/report -from run.json   # of a run of go test -json
//
// The rows are tests that package row marks, wherever they are. Namespaces need root
// and Linux; a row that was skipped, failed, or was not there at all is named, and
// makes the exit status 1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	only := flag.String("row", "", "numbers of the rows to print, separated by commas; empty means all")
	markdown := flag.Bool("markdown", false, "print a table in Markdown")
	race := flag.Bool("race", false, "run the tests with the race detector")
	from := flag.String("from", "", "read the output of go test -json from a file instead, - for standard input")
	flag.Parse()
	good, err := report(*only, *from, *race, *markdown)
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(2)
	}
	if !good {
		os.Exit(1)
	}
}

func report(only, from string, race, markdown bool) (good bool, err error) {
	wanted, err := parseRows(only)
	if err != nil {
		return false, err
	}
	var run *Run
	if from != "" {
		run, err = read(from)
	} else {
		run, err = runTests(race)
	}
	if err != nil {
		return false, err
	}
	m := run.Matrix(wanted)
	if markdown {
		m.Markdown(os.Stdout)
	} else {
		m.Text(os.Stdout)
	}
	return m.Good(), nil
}

func parseRows(s string) (wanted []int, err error) {
	if s == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || !slices.ContainsFunc(faults, func(f fault) bool { return f.number == n }) {
			return nil, fmt.Errorf("no row %q", part)
		}
		wanted = append(wanted, n)
	}
	return wanted, nil
}

func read(name string) (*Run, error) {
	if name == "-" {
		return Read(os.Stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(f)
}

// runTests runs the packages that have rows.
func runTests(race bool) (*Run, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	packages, err := marked(ctx)
	if err != nil {
		return nil, err
	}
	args := []string{"test", "-json", "-count=1", "-p=2", "-timeout=20m"}
	if race {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, packages...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	run, err := Read(out)
	if err != nil {
		return nil, errors.Join(err, cmd.Wait())
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) { // a test that failed is in what was read
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "%d packages in %v\n", len(packages), time.Since(began).Round(time.Second))
	return run, ctx.Err()
}

// marked lists the packages whose tests use package row.
func marked(ctx context.Context) ([]string, error) {
	const format = `{{.ImportPath}}{{range .TestImports}} {{.}}{{end}}{{range .XTestImports}} {{.}}{{end}}`
	list := exec.CommandContext(ctx, "go", "list", "-f", format, "work")
	list.Stderr = io.Discard
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: this must run within the repository", err)
	}
	var packages []string
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if slices.Contains(fields[1:], "github.com/longsplice/longsplice/internal/chaos/row") ||
			slices.Contains(fields[1:], "github.com/longsplice/longsplice/internal/chaos/matrix/stage") {
			packages = append(packages, fields[0])
		}
	}
	return packages, nil
}
