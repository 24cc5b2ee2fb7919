package main

// Inputs: which description, overlays and version a command works on. The flags mean the same in every verb.

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/fapigen/fapigen"
	"github.com/fapigen/fapigen/generator"
)

// inputFlags are the flags that choose the inputs.
type inputFlags struct {
	spec       string
	overlays   []string
	noDefaults bool
	apiVersion string
	strict     bool
}

func (in *inputFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&in.spec, "spec", "", "description to read, JSON or YAML, - for standard input (default: "+fapigen.SpecFile+" here, else the built-in one)")
	f.StringArrayVar(&in.overlays, "overlay", nil, "overlay to apply after the built-in ones; may be repeated")
	f.BoolVar(&in.noDefaults, "no-default-overlays", false, "leave out the built-in overlays")
	f.StringVar(&in.apiVersion, "api-version", "", "dated API version, such as 2026-05-12, over the description's own")
	f.BoolVar(&in.strict, "strict", false, "treat every oddity as an error, as for the pinned description")
}

// config reads the inputs. embedded tells which of them came from the binary.
func (in *inputFlags) config(stdin io.Reader) (cfg generator.Config, err error) {
	cfg = generator.Config{APIVersion: in.apiVersion, Strict: in.strict, Templates: fapigen.Templates()}
	if in.spec == "" {
		cfg.Pinned = !in.noDefaults
		cfg.Spec, err = builtin(fapigen.SpecFile)
	} else {
		cfg.Spec, err = readSource(in.spec, stdin)
	}
	if err != nil {
		return cfg, err
	}
	if !in.noDefaults {
		for _, name := range fapigen.OverlayFiles {
			src, err := builtin(name)
			if err != nil {
				return cfg, err
			}
			cfg.Overlays = append(cfg.Overlays, src)
		}
		if in.spec != "" && in.spec != fapigen.SpecFile { // what is pinned was looked at when it was
			cfg.MustFit = len(cfg.Overlays)
		}
	}
	if cfg.Pinned {
		lock, err := builtin(fapigen.LockFile)
		if err != nil {
			return cfg, err
		}
		cfg.Lock, cfg.LockFixed = &lock, len(in.overlays) > 0
	}
	for _, name := range in.overlays {
		src, err := readSource(name, stdin)
		if err != nil {
			return cfg, err
		}
		cfg.Overlays = append(cfg.Overlays, src)
	}
	return cfg, nil
}

// builtin reads a built-in input: the file of that name here, else the embedded one.
func builtin(name string) (generator.Source, error) {
	data, err := os.ReadFile(name)
	embedded := os.IsNotExist(err)
	if embedded {
		data, err = fapigen.Input(name)
	}
	if err != nil {
		return generator.Source{}, fmt.Errorf("%s: %w", name, cause(err))
	}
	return generator.Source{Name: name, Data: data, Builtin: embedded}, nil
}

// maxInput bounds what is read: one byte more than is accepted is enough to know.
const maxInput = generator.MaxDocument + 1

func readSource(name string, stdin io.Reader) (generator.Source, error) {
	r, shown := stdin, "<stdin>"
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return generator.Source{}, fmt.Errorf("%s: %w", name, cause(err))
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.Size() > generator.MaxDocument {
			return generator.Source{}, fmt.Errorf("%s: %w", name, tooLarge(info.Size()))
		}
		r, shown = f, name
	}
	data, err := io.ReadAll(io.LimitReader(r, maxInput))
	if err != nil {
		return generator.Source{}, fmt.Errorf("%s: %w", shown, cause(err))
	}
	if len(data) > generator.MaxDocument {
		return generator.Source{}, fmt.Errorf("%s: %w", shown, tooLarge(0))
	}
	return generator.Source{Name: shown, Data: data}, nil
}
