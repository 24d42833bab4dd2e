package wire_test

import (
	"strings"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"slipway/release"
	"slipway/wire"
)

// Generators of valid values.

func apps() *rapid.Generator[release.App] {
	return rapid.Custom(func(t *rapid.T) release.App {
		return release.App{
			Platform: release.PlatformSAE,
			Region:   rapid.StringMatching(`[a-z]{2}-[a-z]{3,9}(-[0-9])?`).Draw(t, "region"),
			ID:       rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9_-]{0,127}`).Draw(t, "app id"),
		}
	})
}

func origins() *rapid.Generator[wire.Origin] {
	return rapid.Custom(func(t *rapid.T) wire.Origin {
		return wire.Origin{
			Source: rapid.StringMatching(`(https://[a-z]{1,9}\.example/)?[a-z0-9-]{1,9}(/[a-z0-9-]{1,9}){0,3}`).Draw(t, "source"),
			ID:     texts().Draw(t, "id"),
			Time:   times().Draw(t, "time"),
		}
	})
}

// texts generates what CloudEvents calls a string, without blanks around it.
func texts() *rapid.Generator[string] {
	letters := rapid.OneOf(
		rapid.RuneFrom([]rune(`%\"' +/\uFFFD`)), rapid.RuneFrom([]rune("aZ09-._~é购🛒")), rapid.RuneFrom(nil, unicode.L, unicode.P, unicode.S),
	)
	return rapid.StringOfN(letters, 1, 60, -1).Filter(func(s string) bool { return strings.TrimSpace(s) == s })
}

// sources generates URI references of every kind, not only in their usual form.
func sources() *rapid.Generator[string] {
	part := rapid.StringMatching(`([A-Za-z0-9._~!$&'()*+,;=:@-]|%2F|%2f|%25|%C3%A9|%20){1,9}`)
	return rapid.Custom(func(t *rapid.T) string {
		begin := rapid.SampledFrom([]string{"https://ci.example/", "HTTPS://CI.example:8443/", "urn:ci:", "mailto:", "/", "./"}).Draw(t, "begin")
		return begin + strings.Join(rapid.SliceOfN(part, 1, 4).Draw(t, "parts"), "/") + rapid.SampledFrom([]string{"", "?", "?job=4%26&x", "#", "#4/?"}).Draw(t, "end")
	})
}

func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns")).UTC()
	})
}

func durations(most time.Duration) *rapid.Generator[release.Duration] {
	return rapid.Custom(func(t *rapid.T) release.Duration {
		return release.Duration(rapid.Int64Range(1, int64(most/time.Minute)).Draw(t, "minutes") * int64(time.Minute))
	})
}

func specs() *rapid.Generator[release.Spec] {
	return rapid.Custom(func(t *rapid.T) release.Spec {
		s := release.Spec{
			App:       apps().Draw(t, "app"),
			Operation: rapid.SampledFrom([]release.Operation{"", release.OperationRelease, release.OperationRollback, release.OperationRestart, release.OperationRescale, release.OperationJob}).Draw(t, "operation"),
			Scaling:   release.Scaling{Suspend: rapid.Ptr(rapid.Bool(), true).Draw(t, "suspend")},
			Rollback:  release.Rollback{OnFailure: rapid.Ptr(rapid.Bool(), true).Draw(t, "onFailure")},
			Limits: release.Limits{
				Confirm:          durations(90*24*time.Hour).Draw(t, "confirm"),
				PlatformApproval: durations(90*24*time.Hour).Draw(t, "platformApproval"),
				Total:            durations(90*24*time.Hour).Draw(t, "total"),
				OnConfirmTimeout: rapid.SampledFrom(append(release.TimeoutPolicies(), "")).Draw(t, "policy"),
			},
			Lane:        lanes().Draw(t, "lane"),
			Freeze:      release.FreezePolicy{Override: rapid.StringN(0, 50, -1).Draw(t, "override")},
			RequestedBy: rapid.StringN(0, 50, -1).Draw(t, "by"),
			RetryOf:     rapid.SampledFrom([]string{"", "r-abcdefghijklmnop", "r-s-abcdefghijklmnop", "r-by_hand"}).Draw(t, "retry of"),
			Note:        rapid.StringN(0, 1024, release.MaxWords).Draw(t, "note"),
		}
		switch s.Operation {
		case release.OperationRollback:
			s.Version = rapid.StringMatching(`([A-Za-z0-9][A-Za-z0-9_-]{0,127})?`).Draw(t, "version")
			s.Strategy = strategies().Draw(t, "strategy")
		case release.OperationRestart:
		case release.OperationJob:
			s.Artifact, s.Job, s.Scaling.Suspend = artifacts().Draw(t, "artifact"), jobs().Draw(t, "job"), nil
		case release.OperationRescale:
			s.Instances = rapid.IntRange(1, 500).Draw(t, "instances")
		case "", release.OperationRelease:
			s.Artifact = artifacts().Draw(t, "artifact")
			s.Strategy = strategies().Draw(t, "strategy")
			s.Adopt = rapid.SampledFrom([]string{"", "co-1"}).Draw(t, "adopt")
			if s.Strategy.Type == release.StrategyGray && s.Adopt == "" {
				s.Traffic = rapid.Ptr(traffic(), true).Draw(t, "traffic")
			}
		}
		return s
	})
}

func jobs() *rapid.Generator[*release.Job] {
	words := rapid.OneOf(rapid.Just[[]string](nil), rapid.SliceOfN(rapid.StringMatching(`[!-~]{1,50}`), 1, 3)) // an empty list is none
	return rapid.Custom(func(t *rapid.T) *release.Job {
		return rapid.Ptr(rapid.Just(release.Job{
			Run: true, Command: words.Draw(t, "command"), Args: words.Draw(t, "args"), Instances: rapid.IntRange(0, 500).Draw(t, "instances"),
			Variables: []release.Variable{{Name: "A", Value: new(rapid.StringN(0, 50, -1).Draw(t, "value"))}, {Name: "B", Secret: &release.KeyOf{ID: "16", Key: "k"}}},
			Runtime:   &release.JobRuntime{Options: rapid.StringN(0, 50, -1).Draw(t, "options")},
		}), true).Draw(t, "job")
	})
}

func lanes() *rapid.Generator[release.Lane] {
	return rapid.Custom(func(t *rapid.T) release.Lane {
		l := release.Lane{Policy: rapid.SampledFrom([]release.LanePolicy{"", release.LaneQueue, release.LaneSupersede, release.LaneReject}).Draw(t, "lane policy")}
		l.Preempt = l.Policy != release.LaneReject && rapid.Bool().Draw(t, "preempt")
		return l
	})
}

// traffic generates rules of each kind; their fields are the release package's own care.
func traffic() *rapid.Generator[release.Traffic] {
	text := rapid.StringMatching(`[!-~]{1,50}`)
	return rapid.Custom(func(t *rapid.T) release.Traffic {
		item := release.TrafficItem{Type: "header", Name: text.Draw(t, "name"), Operator: release.OperatorCompare, Cond: "==", Value: text.Draw(t, "value")}
		index := rapid.IntRange(0, 9).Draw(t, "index")
		switch rapid.IntRange(1, 3).Draw(t, "kind") {
		case 1:
			return release.Traffic{SpringCloud: []release.TrafficRule{{Path: "/" + text.Draw(t, "path"), Condition: "OR", Items: []release.TrafficItem{item, item}}}}
		case 2:
			return release.Traffic{Dubbo: []release.DubboTrafficRule{{
				ServiceName: text.Draw(t, "service"), MethodName: text.Draw(t, "method"), Group: "g", Version: "1", Condition: "AND",
				Items: []release.DubboTrafficItem{{Index: index, Expr: ".name", Operator: release.OperatorMod, Cond: "<", Value: "5"}},
			}}}
		default:
			return release.Traffic{ALB: []release.ALBTrafficRule{{
				IngressID: rapid.Int64Range(1, 1<<62).Draw(t, "ingress"), ServiceName: text.Draw(t, "service"), Condition: "AND", Items: []release.TrafficItem{item},
			}}}
		}
	})
}

func artifacts() *rapid.Generator[release.Artifact] {
	return rapid.Custom(func(t *rapid.T) release.Artifact {
		if rapid.Bool().Draw(t, "image?") {
			return release.Artifact{Image: rapid.StringMatching(`([a-z]{1,9}\.example/)?[a-z]{1,9}:[0-9]\.[0-9]`).Draw(t, "image")}
		}
		return release.Artifact{Package: &release.Package{
			URL:     rapid.StringMatching(`https?://[a-z]{1,9}\.example/[a-z]{1,9}\.(jar|war|zip)`).Draw(t, "url"),
			Version: rapid.StringMatching(`[!-~]{1,128}`).Draw(t, "version"),
		}}
	})
}

func strategies() *rapid.Generator[release.Strategy] {
	return rapid.Custom(func(t *rapid.T) release.Strategy {
		s := release.Strategy{
			Type:              rapid.SampledFrom([]release.StrategyType{"", release.StrategyAll, release.StrategyBatch, release.StrategyGray}).Draw(t, "type"),
			MinReadyInstances: rapid.Ptr(rapid.IntRange(0, 499), true).Draw(t, "ready"),
		}
		if s.Type == release.StrategyBatch || s.Type == release.StrategyGray {
			s.Batches = rapid.IntRange(2, 500).Draw(t, "batches")
			s.Confirm = rapid.SampledFrom([]release.ConfirmMode{"", release.ConfirmManual, release.ConfirmAuto}).Draw(t, "confirm")
			s.Bake = durations(7*24*time.Hour).Draw(t, "bake")
			s.Gates = rapid.SliceOfNDistinct(gates(), 0, 3, func(g release.Gate) string { return g.Name }).Draw(t, "gates")
			if len(s.Gates) == 0 {
				s.Gates = nil // an empty list is not sent
			}
			if rapid.Bool().Draw(t, "scheduled?") {
				s.Schedule = []release.BatchSchedule{{Batch: rapid.IntRange(1, 2).Draw(t, "batch"), At: rapid.StringMatching(`[01][0-9]:[0-5][0-9]`).Draw(t, "at"), Zone: "Asia/Shanghai"}}
			}
		}
		if s.Type == release.StrategyGray {
			s.Gray = rapid.IntRange(1, 500).Draw(t, "gray")
		}
		return s
	})
}

func gates() *rapid.Generator[release.Gate] {
	return rapid.Custom(func(t *rapid.T) release.Gate {
		g := release.Gate{
			Name:     rapid.StringMatching(`[a-z0-9-]{1,40}`).Draw(t, "name"),
			Samples:  rapid.IntRange(2, 9).Draw(t, "samples"),
			Interval: durations(time.Hour).Draw(t, "interval"),
			NoData:   rapid.SampledFrom([]release.Verdict{"", release.VerdictPass, release.VerdictFail, release.VerdictInconclusive}).Draw(t, "no data"),
			DryRun:   rapid.Bool().Draw(t, "dry run"),
		}
		g.MaxFailures = rapid.IntRange(0, g.Samples-1).Draw(t, "failures")
		g.MaxInconclusive = rapid.IntRange(0, g.Samples-1).Draw(t, "inconclusive")
		if rapid.Bool().Draw(t, "http?") {
			g.HTTP = &release.HTTPGate{
				URL: "https://shop.example/healthz?deep=1", Method: rapid.SampledFrom([]string{"", "GET", "POST"}).Draw(t, "method"),
				Status: []int{200, 204}, BodyContains: rapid.StringN(0, 20, -1).Draw(t, "body"), Timeout: release.Duration(time.Second),
			}
			return g
		}
		g.Prometheus = &release.PrometheusGate{Address: "http://prometheus.example:9090", Query: `sum(rate(errors{job="shop"}[5m]))`, Pass: "< 0.01", Fail: ">= 0.05"}
		return g
	})
}

func commands() *rapid.Generator[release.Command] {
	return rapid.Custom(func(t *rapid.T) release.Command {
		c := release.Command{
			Kind:     rapid.SampledFrom(release.CommandKinds()).Draw(t, "kind"),
			Artifact: rapid.StringN(0, 50, -1).Draw(t, "artifact"),
			ChangeID: rapid.StringN(0, 50, -1).Draw(t, "change"),
			By:       rapid.StringN(1, 50, -1).Draw(t, "by"),
			Note:     rapid.StringN(0, 100, -1).Draw(t, "note"),
			Reason:   rapid.StringN(0, 100, -1).Draw(t, "reason"),
		}
		switch c.Kind {
		case release.CommandConfirm:
			c.All = c.Artifact != "" && c.ChangeID != "" && rapid.Bool().Draw(t, "all")
			if !c.All {
				c.Batch = rapid.IntRange(1, 501).Draw(t, "batch")
			}
		case release.CommandAbort:
			c.AtSafePoint = rapid.Bool().Draw(t, "safe point")
		case release.CommandRollback:
			c.Version = rapid.StringMatching(`([A-Za-z0-9][A-Za-z0-9_-]{0,20})?`).Draw(t, "version")
		case release.CommandOverride:
			c.Reason = rapid.StringN(1, 100, -1).Draw(t, "why")
		case release.CommandPause, release.CommandResume:
		}
		return c
	})
}
