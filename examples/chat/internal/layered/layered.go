// Package layered lets the flags of a program also stand in a file and in the
// environment. Flags come before the environment, that before the file.
package layered

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

// Parse gives flags their values. The file is the one that the flag named config
// says, if there is such a flag and it does; its lines are of the form
// "name = value", and a # begins a line for people. In the environment, a flag
// max-rooms is called MAX_ROOMS, with the prefix before it.
func Parse(f *flag.FlagSet, args []string, config, prefix string, getenv func(string) string) error {
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	variable := func(name string) string { return prefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }
	name := f.Lookup(config).Value.String()
	if name == "" {
		name = getenv(variable(config))
	}
	if name != "" {
		if err := readFile(f, name); err != nil {
			return err
		}
	}
	var errs []error
	f.VisitAll(func(fl *flag.Flag) {
		if v := getenv(variable(fl.Name)); v != "" {
			if err := fl.Value.Set(v); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", variable(fl.Name), err))
			}
		}
	})
	return errors.Join(append(errs, f.Parse(args))...) // flags again, over the rest
}

func readFile(f *flag.FlagSet, name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, found := strings.Cut(line, "=")
		if !found {
			return fmt.Errorf("%s:%d: not of the form name = value", name, i+1)
		}
		if err := f.Set(strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
			return fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
	}
	return nil
}

// Values are those of all flags, by name.
func Values(f *flag.FlagSet) map[string]string {
	m := map[string]string{}
	f.VisitAll(func(f *flag.Flag) { m[f.Name] = f.Value.String() })
	return m
}
