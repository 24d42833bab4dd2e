package render

import (
	"slices"

	"slipway/release"
	"slipway/releases"
)

// ScalingRules draws the scaling rules of an application.
func ScalingRules(rules []release.ScalingRule, style Style) string {
	states := make([]releases.RuleState, len(rules))
	for i, r := range rules {
		states[i].ScalingRule = r
	}
	return RuleStates(states, style)
}

// RuleStates draws the scaling rules of an application and, where one is held, who holds it, since
// when and until when.
func RuleStates(rules []releases.RuleState, style Style) string {
	if len(rules) == 0 {
		return ""
	}
	table := Table{Columns: []Column{{Name: "NAME", Wraps: 20}, {Name: "STATUS", Wraps: 14}}}
	held := slices.ContainsFunc(rules, func(r releases.RuleState) bool { return r.Held != nil })
	if held {
		table.Columns = append(table.Columns, Column{Name: "HELD BY", Wraps: 22, Rank: 1, Below: true}, Column{Name: "UNTIL", Wraps: 16, Rank: 2},
			Column{Name: "SINCE", Rank: 4}, Column{Name: "WHY", Wraps: 24, Rank: 3, Below: true, Lines: 4})
	}
	for _, r := range rules {
		state := Cell{Text: iconParked + " disabled", color: yellow}
		if r.Enabled {
			state = Cell{Text: iconGood + " enabled", color: green}
		}
		if h := r.Held; h != nil && h.Pending {
			state.Text += ", to be " + switched(h.Enable)
		}
		row := []Cell{{Text: r.Name}, state}
		if held {
			row = append(row, holdCells(r.Held, style)...)
		}
		table.Rows = append(table.Rows, row)
	}
	return table.Draw(style)
}

func switched(on bool) string {
	if on {
		return "enabled"
	}
	return "disabled"
}

// holdCells are who holds a rule, until when, since when and why.
func holdCells(h *releases.RuleHold, style Style) []Cell {
	if h == nil {
		return Text("", "", "", "")
	}
	who, until, why := "by hand", style.Time(h.Until), h.Reason
	switch {
	case h.Lost:
		who, until = "release "+h.ReleaseID+", lost", "the next release, or slipway scaling recover"
	case h.ReleaseID != "":
		who, until = "release "+h.ReleaseID, "its end"
	case !h.Enable && !h.Pending && h.Until.IsZero():
		until = "slipway scaling enable"
	}
	if h.By != "" {
		who += " (" + h.By + ")"
	}
	if h.Waiting != "" {
		if why != "" {
			why += "; "
		}
		why += "it waits: " + h.Waiting
	}
	return Text(who, until, style.Time(h.Since), why)
}
