package config

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// Error is a setting with a value that cannot be used.
type Error struct {
	// Setting is the name of the setting, or of the file.
	Setting string
	// Source is where the value came from, see [Values.Source].
	Source string
	// Problem says what is wrong, and Remedy what to do.
	Problem, Remedy string
}

// Error implements error.
func (e *Error) Error() string { return e.Found() + "; " + e.Remedy }

// Found is the error without its remedy.
func (e *Error) Found() string {
	return fmt.Sprintf("setting %s (%s): %s", e.Setting, e.Source, e.Problem)
}

// Values are the settings of one run.
type Values struct {
	viper   *viper.Viper
	sources map[string]string
	getenv  func(string) string
}

// Load reads the settings. The flags are those of the command, parsed; getenv answers an
// unset variable with an empty string, and an empty variable counts as unset.
func Load(flags *pflag.FlagSet, getenv func(string) string) (*Values, error) {
	v := &Values{viper: viper.New(), sources: map[string]string{}, getenv: getenv}
	if err := v.readFile(flags, getenv); err != nil {
		return nil, err
	}
	for _, s := range append(All(), File()) {
		flag := flags.Lookup(s.Name)
		if flag != nil && flag.Changed {
			v.set(s.Name, flag.Value.String(), "flag --"+s.Name)
			continue
		}
		if value := getenv(s.Env); value != "" {
			v.set(s.Name, value, "environment variable "+s.Env)
			continue
		}
		if flag != nil {
			v.viper.SetDefault(s.Name, flag.DefValue)
		}
	}
	return v, nil
}

// set puts a value above those of the file. Viper's own binding of the environment is
// not used because it reads the environment of the process.
func (v *Values) set(name, value, source string) {
	v.viper.Set(name, value)
	v.sources[name] = source
}

// String returns the value of a setting; empty when nothing was said.
func (v *Values) String(name string) string { return v.viper.GetString(name) }

// switchOn is what the flag of a switch means without a value.
const switchOn = "yes"

// Switch reads a setting that is on or off; off where nothing was said. The error is an [Error].
func (v *Values) Switch(name string) (bool, error) {
	switch said := v.String(name); said {
	case switchOn, "true":
		return true, nil
	case "", "no", "false":
		return false, nil
	default:
		return false, v.Bad(name, fmt.Sprintf("%q is neither yes nor no", said), "write yes or no")
	}
}

// Env returns a variable of the environment that is no setting of Slipway, such as a key of a platform.
func (v *Values) Env(name string) string { return v.getenv(name) }

// Said reports whether a flag, the environment or the file gave the setting.
func (v *Values) Said(name string) bool { return v.sources[name] != "" }

// Source says where the value of a setting came from.
func (v *Values) Source(name string) string {
	if source := v.sources[name]; source != "" {
		return source
	}
	return "default"
}

// Bad returns the error for a setting whose value cannot be used.
func (v *Values) Bad(name, problem, remedy string) *Error {
	return &Error{Setting: name, Source: v.Source(name), Problem: problem, Remedy: remedy}
}

func (v *Values) readFile(flags *pflag.FlagSet, getenv func(string) string) error {
	path, source := getenv(File().Env), "environment variable "+File().Env
	if flag := flags.Lookup(ConfigFile); flag != nil && flag.Changed {
		path, source = flag.Value.String(), "flag --"+ConfigFile
	}
	if path == "" {
		return nil
	}
	bad := func(problem, remedy string) error {
		return &Error{Setting: ConfigFile, Source: source, Problem: problem, Remedy: remedy}
	}
	v.viper.SetConfigFile(path)
	v.viper.SetConfigType("yaml")
	if err := v.viper.ReadInConfig(); err != nil {
		return bad(err.Error(), "name a readable YAML file with one setting a line, such as sae-region: cn-hangzhou")
	}
	known := map[string]Setting{}
	for _, s := range All() {
		known[s.Name] = s
	}
	var unknown []string
	for _, key := range v.viper.AllKeys() {
		name, _, nested := strings.Cut(key, ".")
		if _, ok := known[name]; !ok {
			unknown = append(unknown, name)
			continue
		}
		if value := v.viper.Get(name); nested || !scalar(value) {
			return &Error{Setting: name, Source: "file " + path, Problem: "has no single value", Remedy: "write it as " + name + ": value"}
		}
		v.sources[name] = "file " + path
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return bad(fmt.Sprintf("%s has unknown settings: %s", path, strings.Join(slices.Compact(unknown), ", ")),
			"known are: "+strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
	return nil
}

func scalar(value any) bool {
	switch value.(type) {
	case string, bool, int, int64, uint64, float64:
		return true
	}
	return false
}

// List reads a setting whose parts are separated by commas. A part may have blanks within;
// those around it, and empty parts, do not count.
func (v *Values) List(name string) []string {
	var parts []string
	for part := range strings.SplitSeq(v.String(name), ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// Number returns a setting that must be a positive number; 0 when nothing was said.
func (v *Values) Number(name string) (float64, error) {
	if !v.Said(name) {
		return 0, nil
	}
	n, err := strconv.ParseFloat(v.String(name), 64)
	if err != nil || n <= 0 || math.IsInf(n, 0) || math.IsNaN(n) {
		return 0, v.Bad(name, fmt.Sprintf("%q is not a positive number", v.String(name)), "write for example 20 or 0.5")
	}
	return n, nil
}

// Duration returns a setting that must be a positive duration; 0 when nothing was said.
func (v *Values) Duration(name string) (time.Duration, error) {
	if !v.Said(name) {
		return 0, nil
	}
	d, err := time.ParseDuration(v.String(name))
	if err != nil || d <= 0 {
		return 0, v.Bad(name, fmt.Sprintf("%q is not a positive duration", v.String(name)), "write for example 90s, 5m or 24h")
	}
	return d, nil
}

// Count returns a setting that must be a whole number from 1 to most; 0 when nothing was said.
func (v *Values) Count(name string, most int) (int, error) {
	if !v.Said(name) {
		return 0, nil
	}
	n, err := strconv.Atoi(v.String(name))
	if err != nil || n < 1 || n > most {
		return 0, v.Bad(name, fmt.Sprintf("%q is not a whole number from 1 to %d", v.String(name), most), "write for example 1 or 3")
	}
	return n, nil
}

// Forever is a retention without an end.
const Forever time.Duration = -1

// Retention returns how long something is kept: a number of days such as 90d, a duration of
// at least an hour, or [Forever] for none; 0 when nothing was said.
func (v *Values) Retention(name string) (time.Duration, error) {
	if !v.Said(name) {
		return 0, nil
	}
	given := v.String(name)
	if given == "none" {
		return Forever, nil
	}
	d, ok := Age(given)
	if !ok {
		return 0, v.Bad(name, fmt.Sprintf("%q is not a time of at least an hour", given), "write for example 90d or 36h, or none to keep it for ever")
	}
	return d, nil
}

// Age reads a number of days such as 90d, or a duration of at least an hour; false where it is neither.
func Age(given string) (time.Duration, bool) {
	d, err := time.ParseDuration(given)
	if days, ok := strings.CutSuffix(given, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16) // 16 bits are 179 years
		d = time.Duration(n) * 24 * time.Hour
	}
	return d, err == nil && d >= time.Hour
}

// Unlimited is a size without a limit.
const Unlimited int64 = -1

// Size returns how large something may become: a number of MiB or GiB such as 512MiB, or
// [Unlimited] for none; 0 when nothing was said.
func (v *Values) Size(name string) (int64, error) {
	if !v.Said(name) {
		return 0, nil
	}
	given := v.String(name)
	if given == "none" {
		return Unlimited, nil
	}
	for unit, bytes := range map[string]int64{"MiB": 1 << 20, "GiB": 1 << 30} {
		if number, ok := strings.CutSuffix(given, unit); ok {
			n, err := strconv.ParseUint(number, 10, 24) // 24 bits of GiB are more than a disk has
			if err == nil && n > 0 {
				return int64(n) * bytes, nil
			}
		}
	}
	return 0, v.Bad(name, fmt.Sprintf("%q is not a size", given), "write for example 512MiB or 4GiB, or none for no limit")
}
