package licence

import (
	"fmt"
	"slices"
	"strings"
)

// Notices is the text that comes with a program: its modules, their licences and where their sources are; then each text
// once, with the modules that it is of.
func Notices(program string, modules []Module) string {
	var b strings.Builder
	fmt.Fprintf(&b, "THIRD-PARTY NOTICES\n\n%s has parts of others, each under its own terms. They are listed with their\nlicences (by their names in SPDX) and where their sources are; the texts follow.\n\n", program)
	for _, m := range modules {
		fmt.Fprintf(&b, "%s\n    %s\n    %s\n", named(m), terms(m), source(m))
	}
	of := map[string][]string{}
	var order []string
	for _, m := range modules {
		for _, t := range m.Texts {
			if of[t.Content] == nil {
				order = append(order, t.Content)
			}
			of[t.Content] = append(of[t.Content], named(m)+": "+t.Name)
		}
	}
	for _, text := range order {
		fmt.Fprintf(&b, "\n%s\n%s\n%s\n\n%s\n", strings.Repeat("=", ruler), strings.Join(slices.Compact(of[text]), "\n"), strings.Repeat("-", ruler), strings.TrimRight(text, "\n"))
	}
	return b.String()
}

// ruler is how wide the lines between texts are.
const ruler = 80

func named(m Module) string {
	return strings.TrimSpace(m.Path + " " + m.Version)
}

func terms(m Module) string {
	if m.Unstated != "" {
		return "no licence is stated: " + m.Unstated
	}
	return strings.Join(m.Licences, ", ")
}

// source is where the sources of a module are.
func source(m Module) string {
	switch {
	case m.Path == Standard:
		return "https://go.dev/dl/"
	case m.Version == "":
		return "files of others in the sources of the program itself"
	}
	return "https://pkg.go.dev/" + m.Path + "@" + m.Version
}
