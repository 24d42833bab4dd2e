package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"slipway/manifest"
	"slipway/release"
)

// The flags of a configuration.
const (
	flagConfig    = "config-from"
	flagVariable  = "variable"
	flagCPU       = "cpu"
	flagMemory    = "memory"
	flagInstances = "instances"
)

// configured is what flags say of the configuration that a release brings.
type configured struct {
	path                   string
	variables              []string
	cpu, memory, instances int

	// file is what stands in the file that the flag names, and named are the variables that flags
	// name, for the problems of each.
	file  manifest.ConfigFile
	named []string
}

// withConfig gives a command the flags of a configuration.
func withConfig(cmd *cobra.Command) *configured {
	c := &configured{}
	flags := cmd.Flags()
	flags.Var(&oneFile{path: &c.path}, flagConfig, "YAML or JSON with the fields of config in a release file; - reads standard input")
	withVariables(cmd, &c.variables, "of the application")
	flags.IntVar(&c.cpu, flagCPU, 0, "what an instance may use, in thousandths of a core")
	flags.IntVar(&c.memory, flagMemory, 0, "what an instance may use, in MiB")
	flags.IntVar(&c.instances, flagInstances, 0, "the number of instances after the release")
	_ = cmd.MarkFlagFilename(flagConfig, "yaml", "yml", "json")
	return c
}

// withVariables gives a command the flag of environment variables.
func withVariables(cmd *cobra.Command, to *[]string, of string) {
	cmd.Flags().StringArrayVar(to, flagVariable, nil, "NAME=VALUE sets an environment variable "+of+", NAME- removes it; may be repeated")
	completing(cmd, flagVariable) // no files; what variables there are, only the platform knows
}

// variablesOf are the variables that flags set or remove.
func variablesOf(texts []string) (all []release.Variable, err error) {
	for i, text := range texts {
		name, value, sets := strings.Cut(text, "=")
		if sets {
			all = append(all, release.Variable{Name: name, Value: &value})
			continue
		}
		name, removes := strings.CutSuffix(text, "-")
		if !removes {
			return nil, &usageError{fmt.Sprintf("--%s: number %d is neither NAME=VALUE, which sets a variable, nor NAME-, which removes it", flagVariable, i+1)}
		}
		all = append(all, release.Variable{Name: name, Remove: true})
	}
	return all, nil
}

// names are those of variables.
func names(of []release.Variable) (all []string) {
	for _, v := range of {
		all = append(all, v.Name)
	}
	return all
}

// variableByFlag names the flag where the problem is about a variable of the list at a field that
// flags have named; false where it is not.
func variableByFlag(all []release.Variable, field string, named []string, p release.Problem) (release.Problem, bool) {
	for i, v := range all {
		if slices.Contains(named, v.Name) && strings.HasPrefix(p.Field+".", fmt.Sprintf("%s[%d].", field, i)) {
			return release.Problem{Field: "--" + flagVariable, Message: cmp.Or(v.Name, "the name before =") + " " + p.Message}, true
		}
	}
	return p, false
}

// given reports whether the flags name any configuration.
func (c *configured) given(cmd *cobra.Command) bool {
	return c != nil && slices.ContainsFunc([]string{flagConfig, flagVariable, flagCPU, flagMemory, flagInstances}, func(name string) bool { return cmd.Flag(name).Changed })
}

// read is the configuration of the file, with that of the other flags in its place.
func (c *configured) read(a *app, cmd *cobra.Command) (*release.Config, error) {
	if !c.given(cmd) {
		return nil, nil //nolint:nilnil // no configuration is what was asked for
	}
	config := release.Config{}
	if cmd.Flag(flagConfig).Changed {
		file, err := readFile(a, named(cmd.Flag(flagConfig)), c.path, manifest.ReadConfig)
		if err != nil {
			return nil, err
		}
		c.file, config = file, *file.Config
	}
	if cmd.Flag(flagInstances).Changed {
		config.Instances = &c.instances
	}
	if size := (release.Resources{CPU: c.cpu, Memory: c.memory}); size != (release.Resources{}) {
		if config.Resources != nil {
			size.CPU, size.Memory = cmp.Or(size.CPU, config.Resources.CPU), cmp.Or(size.Memory, config.Resources.Memory)
		}
		config.Resources = &size
	}
	return &config, c.setVariables(&config)
}

// setVariables takes over those that flags name, each in the place of the file's.
func (c *configured) setVariables(config *release.Config) error {
	variables, err := variablesOf(c.variables)
	for _, one := range variables {
		twice := slices.Contains(c.named, one.Name)
		at := slices.IndexFunc(config.Variables, func(v release.Variable) bool { return v.Name == one.Name })
		c.named = append(c.named, one.Name)
		if at < 0 || twice {
			config.Variables = append(config.Variables, one)
		} else {
			config.Variables[at] = one
		}
	}
	return err
}

// byFlag names the flag that a problem of the configuration comes from, and else the field with
// the line on which it stands in the file.
func (c *configured) byFlag(cmd *cobra.Command, config *release.Config, p release.Problem) release.Problem {
	flags := map[string]string{"config.resources.cpu": flagCPU, "config.resources.memory": flagMemory, "config.instances": flagInstances}
	if flag := flags[p.Field]; flag != "" && cmd.Flag(flag).Changed {
		p.Field = "--" + flag
		return p
	}
	if by, found := variableByFlag(config.Variables, "config.variables", c.named, p); found {
		return by
	}
	return c.file.Locate(release.Problems{p})[0]
}
