package release

import (
	"fmt"
	"strings"
	"time"
)

// maxSummary is the length of a summary, in bytes. Temporal takes 400 with what it adds.
const maxSummary = 200

// Summary says in a line what an activity does that has this input. Temporal's UI shows it
// in the place of the activity's name.
func Summary(in any) string {
	s := summaryOfVerb(in)
	if s == "" {
		s = summaryOfLook(in)
	}
	return ShortenLine(s, maxSummary)
}

// summaryOfVerb is about what changes an application, or follows a change of it.
func summaryOfVerb(in any) string {
	switch in := in.(type) {
	case BeginRolloutInput:
		return "begin rollout " + in.Artifact.Public() + withConfig(in.Config)
	case BeginRollbackInput:
		return "begin rollback to " + in.Version.Public()
	case BeginRestartInput:
		return "begin to restart all instances"
	case BeginRescaleInput:
		return strings.TrimSpace("begin to rescale "+in.Part) + fmt.Sprintf(" to %d instances", in.Instances)
	case BeginJobUpdateInput:
		return "begin to bring " + in.Artifact.Public() + " to the job"
	case RunJobInput:
		return "run the job"
	case StopRunInput:
		return "stop run " + in.RunID
	case ObserveRunInput:
		return "watch run " + in.Seen.ID
	case ConfirmBatchInput:
		return fmt.Sprintf("confirm batch %d of change %s", in.Batch, in.ChangeID)
	case AbortRolloutInput:
		return "abort change " + in.ChangeID + " and roll it back"
	case SetScalingInput:
		return in.summary()
	case ApplyTrafficInput:
		return "set the traffic rule of the release"
	case ClearTrafficInput:
		return "remove the traffic rule of the release"
	case ObserveInput:
		return in.summary()
	}
	return ""
}

// summaryOfLook is about what only looks, or speaks to other workflows.
func summaryOfLook(in any) string {
	switch in := in.(type) {
	case SnapshotInput:
		return "read the application"
	case VerifyInput:
		return "read back which version runs" + withConfig(in.Config)
	case FindChangeInput:
		return "look for the change of " + string(in.Verb)
	case AwaitOpenInput:
		return "wait for the end of freezes"
	case FreezesInput:
		return "read which freezes hold or come"
	case StateInput:
		return "read how the lane stands"
	case CheckGatesInput:
		return "check that the gates can be measured"
	case MeasureInput:
		if !in.Until.IsZero() {
			return "watch gate " + in.Gate.Name
		}
		return fmt.Sprintf("measure gate %s after batch %d", in.Gate.Name, in.Batch)
	case Submission:
		return "hand release " + in.ReleaseID + " to its lane"
	case LivingInput:
		return "look for releases of the application that live"
	case AwaitLedgerInput:
		return "wait until the ledger can be read"
	case JudgedInput:
		return "ask the ledger which versions are good"
	case StandsInput:
		return "ask the ledger whether release " + in.ReleaseID + " was taken back"
	case Ref:
		return "ask the ledger how far release " + in.ReleaseID + " had come"
	case SettleInput:
		return "tell the ledger what has become of release " + in.Progress.ReleaseID
	case AwaitEndInput:
		return "wait for the end of release " + in.ReleaseID
	}
	return ""
}

// withConfig says that configuration comes with it; never which.
func withConfig(c *Config) string {
	if c == nil {
		return ""
	}
	return " with configuration"
}

func (in SetScalingInput) summary() string {
	does := "suspend scaling rules "
	if in.Enable {
		does = "enable scaling rules "
	}
	if len(in.Rules) == 0 {
		return does + "(all)"
	}
	names := make([]string, len(in.Rules))
	for i, rule := range in.Rules {
		names[i] = rule.Name
	}
	return does + strings.Join(names, ", ")
}

func (in ObserveInput) summary() string {
	s := "watch change " + in.ChangeID
	if in.Seen.Batch > 0 && len(in.Seen.Batches) > 1 {
		s += fmt.Sprintf(", batch %d of %d", in.Seen.Batch, len(in.Seen.Batches))
	}
	if in.Seen.State.Parked() {
		s += ", " + string(in.Seen.State)
	}
	return s
}

// Public names the artifact without the query of an address, which may be a signature.
func (a Artifact) Public() string {
	a.Image, _, _ = strings.Cut(a.Image, "?")
	if a.Package != nil {
		address, _, _ := strings.Cut(a.Package.URL, "?")
		a.Package = &Package{URL: address, Version: a.Package.Version}
	}
	return a.String()
}

// maxDetail is the length of what somebody else says in the details, in bytes.
const maxDetail = 300

// Details say in a few lines of Markdown where the release stands. Temporal's UI shows them.
func (p Progress) Details() string {
	lines := []string{"**" + string(p.Phase) + "**"}
	if stopping := p.Stopping(); stopping != "" {
		lines[0] += ", " + stopping
	}
	if batch := p.Begun(); batch > 0 {
		lines[0] += ", batch " + p.BatchText(batch)
	}
	if p.Artifact.Image != "" || p.Artifact.Package != nil {
		lines[0] += ": " + ShortenLine(p.Artifact.Public(), maxDetail)
	}
	if changes := p.Configuration(); changes != "" {
		lines = append(lines, ShortenLine("Configuration: "+changes, maxDetail))
	}
	if w := p.Awaiting; w != nil {
		lines = append(lines, "Waits"+since(w.Since, w.Until)+" for "+w.Subject(UnitBatch))
	}
	if s := p.Stalled; s != nil {
		lines = append(lines, "Stalled at "+s.Doing+since(s.Since, s.Until)+": "+ShortenLine(s.Failure, maxDetail))
	}
	if p.Reason != "" {
		lines = append(lines, ShortenLine(p.Reason, maxDetail))
	}
	return strings.Join(lines, "\n\n")
}

// Begun is the number of the latest batch that has begun; 0 where none has.
func (p Progress) Begun() int {
	latest := 0
	for _, b := range p.Batches {
		if b.State != BatchPending {
			latest = b.Number
		}
	}
	return latest
}

// Details say in a few lines of Markdown where the set stands. Temporal's UI shows them.
func (p SetProgress) Details() string {
	lines := []string{"**" + string(p.Phase) + "**, set " + p.Name}
	if w := p.Awaiting; w != nil {
		lines = append(lines, "Waits"+since(w.Since, w.Until)+" for "+w.Subject(UnitWave))
	}
	if p.Reason != "" {
		lines = append(lines, ShortenLine(p.Reason, maxDetail))
	}
	return strings.Join(lines, "\n\n")
}

// Details say in a few lines of Markdown where the lane stands. Temporal's UI shows them.
func (l *LaneInput) Details() string {
	lines := []string{"**idle**"}
	if e, runs := l.Running(); runs {
		lines[0] = "**runs** " + e.ReleaseID + since(e.Since, time.Time{})
	}
	if waiting := l.Waiting(); len(waiting) > 0 {
		lines = append(lines, fmt.Sprintf("%d wait, the next is %s", len(waiting), waiting[0].ReleaseID))
	}
	if l.Held != nil {
		lines = append(lines, ShortenLine(l.Held.String(), maxDetail))
	}
	if n := len(l.Debts); n > 0 {
		lines = append(lines, ShortenLine(l.Debts[0].Words(), maxDetail))
		if n > 1 {
			lines = append(lines, fmt.Sprintf("%d releases more have left something", n-1))
		}
	}
	if n := len(l.Denied); n > 0 {
		lines = append(lines, fmt.Sprintf("refuses artifacts that were rolled back: %d", n))
	}
	return strings.Join(lines, "\n\n")
}

// since says since and until when; a zero time is left out.
func since(from, until time.Time) string {
	words := ""
	if !from.IsZero() {
		words += " since " + Moment(from)
	}
	if !until.IsZero() {
		words += " until " + Moment(until)
	}
	return words
}
