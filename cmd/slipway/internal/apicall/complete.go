package apicall

import (
	"slices"
	"strings"

	"slipway/cloudapi"
)

// Completion is a word that a shell may put in place of what was typed.
type Completion struct {
	Word, Description string
	// Unfinished words want more letters: a parameter's name wants its value.
	Unfinished bool
}

// Complete returns the words that may stand in place of the typed one: names of parameters that
// are not given yet, the required ones first, and the values of a parameter that has a list of
// them.
func Complete(op cloudapi.Operation, given []string, typed string) []Completion {
	if name, _, ok := strings.Cut(typed, "="); ok {
		p, _ := op.Param(name)
		return startingWith(typed, values(p))
	}
	taken := map[string]bool{}
	for _, arg := range given {
		name, _, _ := strings.Cut(arg, "=")
		taken[name] = true
	}
	var required, optional []Completion
	for _, p := range slices.Concat(op.Params, op.Extra) {
		switch c := (Completion{Word: p.Name + "=", Description: p.Description, Unfinished: true}); {
		case taken[p.Name]:
		case p.Required:
			c.Description = "required: " + c.Description
			required = append(required, c)
		default:
			optional = append(optional, c)
		}
	}
	return startingWith(typed, append(required, optional...))
}

func startingWith(typed string, all []Completion) []Completion {
	return slices.DeleteFunc(all, func(c Completion) bool { return !strings.HasPrefix(c.Word, typed) })
}

func values(p cloudapi.Param) []Completion {
	list := p.Enum
	if p.Kind == cloudapi.KindBoolean {
		list = []string{"true", "false"}
	}
	var out []Completion
	for _, v := range list {
		out = append(out, Completion{Word: p.Name + "=" + v})
	}
	return out
}
