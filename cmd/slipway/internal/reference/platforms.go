package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"slipway/release"
)

// What stands between these two lines of docs/platforms.md is written anew.
const (
	tablesBegin = "<!-- Written by \"make generate\" from release/traits.go, up to the end of the tables. -->\n"
	tablesEnd   = "<!-- The end of the tables. -->\n"
)

// fill writes the tables of the platforms into the page.
func fill(page string) (string, error) {
	before, rest, begins := strings.Cut(page, tablesBegin)
	_, after, ends := strings.Cut(rest, tablesEnd)
	if !begins || !ends {
		return "", errors.New("the lines are missing between which the tables stand")
	}
	var b strings.Builder
	all := release.Platforms()
	traits(&b, all)
	for _, on := range all {
		unsupported(&b, on)
		settings(&b, on)
	}
	return before + tablesBegin + b.String() + "\n" + tablesEnd + after, nil
}

// traits is the table that compares the platforms.
func traits(b *strings.Builder, all []release.Traits) {
	b.WriteString("\n| |")
	for _, on := range all {
		fmt.Fprintf(b, " %s (`%s`) |", on.Name, on.Platform)
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(all)) + "\n")
	for _, row := range []struct {
		of    string
		words func(release.Traits) string
	}{
		{"strategies of a release", func(on release.Traits) string { return codes(on.Rollouts) }},
		{"strategies of a rollback", func(on release.Traits) string { return codes(on.Rollbacks) }},
		{"a batch of a gray release", step},
		{"between two batches", func(on release.Traits) string {
			return either(on.Pauses == release.PausesEvery, "it waits after every batch but the last",
				"it waits after the gray batch alone, and runs through the others; type `batch` is never held")
		}},
		{"other operations", operations},
		{"the first version of an application", func(on release.Traits) string {
			return either(on.FirstRelease, "a release may bring it", "the application must have one")
		}},
		{"a change that was begun elsewhere", func(on release.Traits) string {
			return either(on.Adopt, "can be taken over: `adopt`", "cannot be taken over")
		}},
		{"a change that has failed", func(on release.Traits) string {
			return either(on.ReturnsFailed, "the platform may return by itself", "a release returns itself")
		}},
		{"an approval of the platform's own", func(on release.Traits) string {
			return either(on.Approval, "is waited for: `limits.platformApproval`", "there is none")
		}},
		{"a scaling rule is switched off", func(on release.Traits) string {
			switch on.Scaling {
			case release.ScalingTakeAway:
				return "by being taken away; it is put back as it was"
			case release.ScalingSwitch:
				return "by its switch"
			case release.ScalingNone:
			}
			return "there are none"
		}},
		{"`scaling.suspend`", func(on release.Traits) string {
			return either(on.Scaling == release.ScalingNone, "there is nothing to suspend", fmt.Sprintf("`%t` by default", on.Suspends))
		}},
		{"a traffic rule of a gray release", trafficRule},
		{"`app.id`", func(on release.Traits) string { return on.AppWords }},
		{"`app.namespace`, in an [application document](applications.md#by-namespace-and-name)", func(on release.Traits) string {
			return either(on.NamespaceWords != "", on.NamespaceWords, "there is none")
		}},
		{"`app.name`, in an application document", func(on release.Traits) string { return on.NameWords }},
		{"`app.qualifier`", func(on release.Traits) string {
			return either(on.Qualifier != "", "`"+on.Qualifier+"` by default; "+on.QualifierWords, "there is none")
		}},
		{"`artifact.part`", func(on release.Traits) string {
			return either(on.Takes("artifact.part"), on.PartWords, "there is none")
		}},
		{"`artifact.package.url`", func(on release.Traits) string { return codes(on.Packages) }},
		{"`version`", func(on release.Traits) string { return on.VersionWords }},
	} {
		fmt.Fprintf(b, "| %s |", row.of)
		for _, on := range all {
			fmt.Fprintf(b, " %s |", row.words(on))
		}
		b.WriteString("\n")
	}
}

func step(on release.Traits) string {
	if on.Step == release.StepWeight {
		return "a percentage of the traffic: `strategy.weights`"
	}
	size := fmt.Sprintf("instances, at most %d %% of them: `strategy.gray`, `strategy.batches`", on.GrayAtMost)
	if on.Weights > 0 {
		size += "; the gray batch with a percentage of the traffic, by default its share of the instances: `strategy.weights`"
	}
	return size + either(on.LargerFirst, "; the larger batches come first", "")
}

func trafficRule(on release.Traits) string {
	if !on.Takes("traffic") {
		return "there is none"
	}
	kinds := on.TrafficKinds()
	for i, kind := range kinds {
		kinds[i] = "traffic." + kind
	}
	return codes(kinds) + ": " + either(on.TrafficApart, "is set before the change and removed after it", "is a part of the change, with which it ends")
}

func operations(on release.Traits) string {
	return codes(slices.DeleteFunc([]release.Operation{
		release.OperationRollback, release.OperationRestart, release.OperationRescale, release.OperationJob,
	}, func(op release.Operation) bool { return !on.Does(op) }))
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

func codes[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = "`" + string(word) + "`"
	}
	return strings.Join(out, ", ")
}

// unsupported is the table of what is refused on a platform.
func unsupported(b *strings.Builder, on release.Traits) {
	fmt.Fprintf(b, "\n### What is refused on %s\n\n| field | |\n| --- | --- |\n", on.Name)
	for _, l := range on.Unsupported {
		field := "`" + l.Field + "`"
		if l.Value != "" {
			field = "`" + l.Field + ": " + l.Value + "`"
		}
		fmt.Fprintf(b, "| %s | %s |\n", field, l.Why)
	}
}

// settings is the table of a platform's own settings: those under config.platform, those that have a
// field of their own, and those that nobody gives.
func settings(b *strings.Builder, on release.Traits) {
	fmt.Fprintf(b, "\n### Settings of %s by its own names\n\n| setting | |\n| --- | --- |\n", on.Name)
	var rows []string
	names := map[string][]string{}
	for _, p := range on.Parameters() {
		row := "under `config.platform`"
		switch {
		case p.Why != "":
			row = "refused: it " + p.Why
		case p.Field != "":
			row = "`" + p.Field + "`"
		}
		if names[row] == nil {
			rows = append(rows, row)
		}
		names[row] = append(names[row], p.Name)
	}
	for _, row := range rows {
		fmt.Fprintf(b, "| %s | %s |\n", codes(names[row]), row)
	}
}
