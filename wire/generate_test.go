package wire_test

import (
	"encoding/json"
	"slices"
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
	return rapid.OneOf(applications(), functions(), components())
}

func overrides() *rapid.Generator[release.PolicyOverride] {
	return rapid.Custom(func(t *rapid.T) release.PolicyOverride {
		var p release.PolicyOverride
		if p.Override = rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,9}`), 0, 3, rapid.ID).Draw(t, "names"); len(p.Override) == 0 {
			return release.PolicyOverride{}
		}
		p.Reason = rapid.StringMatching(`[a-z][a-z ]{0,20}`).Draw(t, "reason")
		return p
	})
}

func applications() *rapid.Generator[release.Spec] {
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
			Policy:      overrides().Draw(t, "policy"),
			RequestedBy: rapid.StringN(0, 50, -1).Draw(t, "by"),
			RetryOf:     rapid.SampledFrom([]string{"", "r-abcdefghijklmnop", "r-s-abcdefghijklmnop", "r-by_hand"}).Draw(t, "retry of"),
			Note:        rapid.StringN(0, 1024, release.MaxWords).Draw(t, "note"),
		}
		s.Approval = rapid.Ptr(approvals(), true).Draw(t, "approval")
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
			s.Config = rapid.Ptr(configs(), true).Draw(t, "config")
			if s.Config == nil || rapid.Bool().Draw(t, "artifact?") {
				s.Artifact = artifacts().Draw(t, "artifact")
			}
			s.Strategy = strategies().Draw(t, "strategy")
			if s.Config == nil && s.Approval == nil {
				s.Adopt = rapid.SampledFrom([]string{"", "co-1"}).Draw(t, "adopt")
			}
			if s.Strategy.Type == release.StrategyGray && s.Adopt == "" {
				s.Traffic = rapid.Ptr(traffic(), true).Draw(t, "traffic")
			}
		}
		return s
	})
}

// components generates requests for ServiceStage.
func components() *rapid.Generator[release.Spec] {
	return rapid.Custom(func(t *rapid.T) release.Spec {
		s := release.Spec{
			App: release.App{
				Platform: release.PlatformServiceStage, Region: "cn-north-4", ID: rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`).Draw(t, "component"),
			},
			Artifact: release.Artifact{Image: "registry.example/orders:1"},
			Strategy: release.Strategy{Type: release.StrategyGray},
		}
		if rapid.Bool().Draw(t, "weight") {
			s.Strategy.Weights = []int{rapid.IntRange(1, 99).Draw(t, "of")}
			return s
		}
		s.Traffic = &release.Traffic{Headers: &release.HeaderTraffic{
			Match: rapid.SampledFrom([]string{release.MatchAll, release.MatchAny}).Draw(t, "match"),
			Rules: rapid.SliceOfN(headerRules(), 1, 20).Draw(t, "rules"),
		}}
		return s
	}).Filter(func(s release.Spec) bool { // the name of a header may be that of a secret
		err := wire.Validate(s)
		return err == nil || !strings.Contains(err.Error(), "looks like a secret")
	})
}

func headerRules() *rapid.Generator[release.HeaderRule] {
	return rapid.Custom(func(t *rapid.T) release.HeaderRule {
		return release.HeaderRule{
			Name: rapid.StringMatching(`[A-Za-z0-9-]{1,50}`).Draw(t, "name"),
			Op:   rapid.SampledFrom([]string{release.HeaderEqual, release.HeaderMatch, release.HeaderIn}).Draw(t, "op"), Value: rapid.StringMatching(`[a-z]{1,50}`).Draw(t, "value"),
		}
	})
}

// functions generates requests for Function Compute.
func functions() *rapid.Generator[release.Spec] {
	name := rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_-]{0,63}`)
	return rapid.Custom(func(t *rapid.T) release.Spec {
		s := release.Spec{
			App:      release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: name.Draw(t, "service"), Qualifier: rapid.OneOf(rapid.Just(""), name).Draw(t, "alias")},
			Artifact: release.Artifact{Image: "registry.example/orders:1", Part: rapid.OneOf(rapid.Just(""), name).Draw(t, "function")},
			Scaling:  release.Scaling{Suspend: rapid.Ptr(rapid.Bool(), true).Draw(t, "suspend")},
		}
		if rapid.Bool().Draw(t, "gray") {
			weights := rapid.SliceOfNDistinct(rapid.IntRange(1, 99), 1, 20, rapid.ID).Draw(t, "weights")
			slices.Sort(weights)
			s.Strategy = release.Strategy{Type: release.StrategyGray, Weights: weights}
		}
		return s
	})
}

func jobs() *rapid.Generator[*release.Job] {
	words := rapid.OneOf(rapid.Just[[]string](nil), rapid.SliceOfN(rapid.StringMatching(`[!-~]{1,50}`), 1, 3)) // an empty list is none
	return rapid.Custom(func(t *rapid.T) *release.Job {
		return rapid.Ptr(rapid.Just(release.Job{
			Run: true, Command: words.Draw(t, "command"), Args: words.Draw(t, "args"), Instances: rapid.IntRange(0, 500).Draw(t, "instances"),
			Variables: []release.Variable{{Name: "A", Value: new(contents().Draw(t, "value"))}, {Name: "B", Secret: &release.KeyOf{ID: "16", Key: "k"}}},
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
			registry := rapid.Custom(func(t *rapid.T) release.Registry {
				return release.Registry{
					Instance: rapid.StringMatching(`cri-[a-z0-9]{1,9}`).Draw(t, "instance"), Role: rapid.StringMatching(`(acs:ram::[0-9]{1,9}:role/[a-z-]{1,9})?`).Draw(t, "role"),
				}
			})
			return release.Artifact{
				Image:    rapid.StringMatching(`([a-z]{1,9}\.example/)?[a-z]{1,9}:[0-9]\.[0-9]`).Draw(t, "image"),
				Registry: rapid.Ptr(registry, true).Draw(t, "registry"),
			}
		}
		return release.Artifact{Package: &release.Package{
			URL:     rapid.StringMatching(`https?://[a-z]{1,9}\.example/[a-z]{1,9}\.(jar|war|zip)`).Draw(t, "url"),
			Version: rapid.StringMatching(`[!-~]{1,128}`).Draw(t, "version"),
		}}
	})
}

func approvals() *rapid.Generator[release.Approval] {
	return rapid.Custom(func(t *rapid.T) release.Approval {
		a := release.Approval{
			Count: rapid.IntRange(0, 2).Draw(t, "count"), Verified: rapid.Bool().Draw(t, "verified"),
			Within: durations(90*24*time.Hour).Draw(t, "within"), OnTimeout: rapid.SampledFrom(append(release.TimeoutPolicies(), "")).Draw(t, "policy"),
		}
		if rapid.Bool().Draw(t, "of some?") {
			a.From = []string{"ann", "group:release-managers"}
			if !a.Verified {
				a.From = append(a.From, "李", "release-manager@shop.example")
			}
		}
		return a
	})
}

func strategies() *rapid.Generator[release.Strategy] {
	return rapid.Custom(func(t *rapid.T) release.Strategy {
		s := release.Strategy{
			Type: rapid.SampledFrom([]release.StrategyType{"", release.StrategyAll, release.StrategyBatch, release.StrategyGray}).Draw(t, "type"),
		}
		if rapid.Bool().Draw(t, "in percent?") {
			s.MinReadyRatio = rapid.Ptr(rapid.IntRange(0, 99), true).Draw(t, "ready ratio")
			s.MaxSurgeRatio = rapid.Ptr(rapid.IntRange(0, 100), true).Draw(t, "surge ratio")
		} else {
			s.MinReadyInstances = rapid.Ptr(rapid.IntRange(0, 499), true).Draw(t, "ready")
			s.MaxSurge = rapid.Ptr(rapid.IntRange(0, 500), true).Draw(t, "surge")
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
		if rapid.Bool().Draw(t, "watched?") {
			s.Watch = &release.Watch{For: release.Duration(24 * time.Hour), Gates: rapid.SliceOfNDistinct(gates(), 1, 3, func(g release.Gate) string { return g.Name }).Draw(t, "gates of the watch")}
		}
		if s.Type == release.StrategyGray && s.Confirm != release.ConfirmAuto {
			s.Approval = rapid.Ptr(approvals(), true).Draw(t, "approval")
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
		if rapid.Bool().Draw(t, "instances?") {
			g.HTTP = &release.HTTPGate{
				Target: release.TargetGray, Port: rapid.IntRange(1, 65535).Draw(t, "port"), Path: "/healthz?deep=1",
				Scheme: rapid.SampledFrom([]string{"", "http", "https"}).Draw(t, "scheme"), Method: rapid.SampledFrom([]string{"", "HEAD"}).Draw(t, "method"),
			}
			return g
		}
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
		case release.CommandApprove:
			c.Artifact, c.Config = rapid.StringN(1, 50, -1).Draw(t, "approved"), rapid.StringN(0, 50, -1).Draw(t, "config")
			if c.ChangeID != "" {
				c.Batch = rapid.IntRange(0, 501).Draw(t, "batch")
			}
		case release.CommandReject:
			c.Reason, c.Batch = rapid.StringMatching(`[a-z][a-z ]{0,40}`).Draw(t, "why"), rapid.IntRange(0, 501).Draw(t, "batch")
		case release.CommandPause, release.CommandResume:
		}
		return c
	})
}

// contents generates what variables and arguments hold: quotes, dollars, line breaks, Chinese.
// What looks like a secret is refused, so that no names and no values of secrets are drawn.
func contents() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringOfN(rapid.RuneFrom([]rune("ab12\"'`$\\(){}[] \n\t<>&é购物🛒\u2028#%,;|")), 0, 60, -1),
		rapid.SampledFrom([]string{"", "$HOME", "${A}", "$(A)", "a\nb\r\n", `{"a":"b"}`, `'`, `"`, `\`, "购物车", "- a\n- b", "yes", "0x1F", "~", "1e3"}),
	)
}

// listed generates a list of texts: none, an empty one, which removes, or a few.
func listed() *rapid.Generator[[]string] {
	return rapid.Custom(func(t *rapid.T) []string {
		if rapid.Bool().Draw(t, "none?") {
			return nil
		}
		list := rapid.SliceOfN(contents(), 0, 3).Draw(t, "list")
		if len(list) > 0 {
			list[0] = "run" + list[0] // a program
		}
		return list
	})
}

func variables() *rapid.Generator[release.Variable] {
	key := rapid.Custom(func(t *rapid.T) release.KeyOf {
		return release.KeyOf{ID: rapid.StringMatching(`[1-9][0-9]{0,9}`).Draw(t, "id"), Key: rapid.StringMatching(`[!-~购]{1,20}`).Draw(t, "key")}
	})
	return rapid.Custom(func(t *rapid.T) release.Variable {
		v := release.Variable{Name: rapid.StringMatching(`V_[A-Z0-9_]{1,9}_N`).Draw(t, "name")}
		switch rapid.IntRange(1, 3).Draw(t, "kind") {
		case 1:
			v.Value, v.Show = new(contents().Draw(t, "value")), rapid.Bool().Draw(t, "show")
		case 2:
			v.ConfigMap = new(key.Draw(t, "config map"))
		default:
			v.Secret = new(key.Draw(t, "secret"))
		}
		return v
	})
}

func probes() *rapid.Generator[release.Probe] {
	seconds := rapid.Custom(func(t *rapid.T) release.Duration {
		return release.Duration(time.Duration(rapid.IntRange(0, 3600).Draw(t, "seconds")) * time.Second)
	})
	return rapid.Custom(func(t *rapid.T) release.Probe {
		p := release.Probe{
			InitialDelay: seconds.Draw(t, "delay"), Period: seconds.Draw(t, "period"), Timeout: seconds.Draw(t, "timeout"),
			FailureThreshold: rapid.IntRange(0, 9).Draw(t, "failures"), SuccessThreshold: rapid.IntRange(0, 9).Draw(t, "successes"),
		}
		switch rapid.IntRange(1, 4).Draw(t, "kind") {
		case 1:
			p.HTTP = &release.ProbeHTTP{Path: "/healthz", Port: 80, Scheme: rapid.SampledFrom([]string{"", "http", "https"}).Draw(t, "scheme"), Contains: contents().Draw(t, "contains")}
		case 2:
			p.TCP = rapid.IntRange(1, 65535).Draw(t, "port")
		case 3:
			p.Exec = []string{"sh", "-c", contents().Draw(t, "script")}
		default:
			return release.Probe{None: true}
		}
		return p
	})
}

func mounts() *rapid.Generator[release.Mounts] {
	return rapid.Custom(func(t *rapid.T) release.Mounts {
		m := release.Mounts{NAS: []release.MountNAS{}}
		if rapid.Bool().Draw(t, "some?") {
			m.ConfigMaps = []release.MountKey{{ID: "7", Key: contents().Filter(isLine).Draw(t, "key"), Path: "/etc/" + rapid.StringMatching(`[a-z购 ]{1,9}`).Draw(t, "path")}}
			m.Secrets = []release.MountKey{{ID: "8", Path: "/run/a"}}
			m.NAS = []release.MountNAS{{ID: "n-1", Domain: "n-1.example", Directory: "/", Path: "/mnt/a", ReadOnly: true}}
			m.Buckets = []release.MountBucket{{Bucket: "files", Directory: "data", Path: "/mnt/b"}}
			m.Scratch = []release.MountScratch{{Name: "work", Path: "/work"}}
		}
		return m
	})
}

func isLine(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) }

// configs generates configurations of all kinds of settings.
func configs() *rapid.Generator[release.Config] {
	probe := rapid.Ptr(probes(), true)
	return rapid.Custom(func(t *rapid.T) release.Config {
		c := release.Config{
			Variables: rapid.SliceOfNDistinct(variables(), 0, 4, func(v release.Variable) string { return v.Name }).Draw(t, "variables"),
			Command:   listed().Draw(t, "command"), Args: listed().Draw(t, "arguments"),
			Resources: rapid.Ptr(rapid.SampledFrom([]release.Resources{{CPU: 1000, Memory: 2048}, {CPU: 500}, {Memory: 4096}}), true).Draw(t, "resources"),
			Instances: new(rapid.IntRange(1, 500).Draw(t, "instances")),
			Mounts:    rapid.Ptr(mounts(), true).Draw(t, "mounts"),
			Hooks:     &release.Hooks{PostStart: &release.Hook{Exec: []string{"echo", contents().Draw(t, "said")}}, PreStop: &release.Hook{None: true}, Grace: release.Duration(30 * time.Second)},
			Runtime:   &release.Runtime{JDK: new("Open JDK 8"), Options: new(contents().Draw(t, "options")), Args: new("")},
			Platform: release.Parameters{
				"Timezone": jsonOf(contents().Draw(t, "zone")), "AssociateEip": jsonOf(rapid.Bool().Draw(t, "eip")), "BatchWaitTime": jsonOf(rapid.IntRange(0, 9).Draw(t, "wait")),
				"CustomHostAlias": jsonOf([]map[string]string{{"hostName": contents().Draw(t, "host"), "ip": "10.0.0.1"}}), "Labels": jsonOf(map[string]any{"b": 1, "a": contents().Draw(t, "label")}),
			},
		}
		if len(c.Variables) == 0 {
			c.Variables = nil // an empty list is not sent
		}
		if p := (release.Probes{Liveness: probe.Draw(t, "liveness"), Readiness: probe.Draw(t, "readiness"), Startup: probe.Draw(t, "startup")}); p != (release.Probes{}) {
			c.Probes = &p
		}
		c.Replace = len(c.Variables) > 0 && rapid.Bool().Draw(t, "replace")
		return c
	})
}

// jsonOf is a value as JSON has it.
func jsonOf(v any) json.RawMessage {
	data, _ := json.Marshal(v) //nolint:errchkjson // texts, numbers, switches and lists of them always encode
	return data
}
