package release

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// NextVerb names what a person may do next.
type NextVerb string

// The verbs of what may be done next.
const (
	// NextConfirm lets the next batch of a release, or the next wave of a set, begin.
	NextConfirm NextVerb = "confirm"
	// NextConfirmAll lets every batch that is left begin.
	NextConfirmAll NextVerb = "confirm-all"
	// NextApprove approves the release or a finished batch, and NextReject ends the release instead.
	NextApprove NextVerb = "approve"
	NextReject  NextVerb = "reject"
	// NextPlatformApprove gives the platform's own approval, which is done on the platform.
	NextPlatformApprove NextVerb = "platform-approve"
	// NextResume ends the pause of a release.
	NextResume NextVerb = "resume"
	// NextOverride lets a release pass over freezes.
	NextOverride NextVerb = "override"
	// NextHelp is what helps a release that stands still, which is done elsewhere.
	NextHelp NextVerb = "help"
	// NextShowChange shows a change on the platform, and NextEndChange ends it.
	NextShowChange NextVerb = "show-change"
	NextEndChange  NextVerb = "end-change"
	// NextLift lifts the stop that holds a release.
	NextLift NextVerb = "freeze-lift"
	// NextShowLane shows what a queued release waits for, and NextShowFreezes which freeze holds it.
	NextShowLane    NextVerb = "show-lane"
	NextShowFreezes NextVerb = "show-freezes"
	// NextShowApp shows how an application stands on its platform, and NextHistory what it was released
	// with before.
	NextShowApp NextVerb = "show-app"
	NextHistory NextVerb = "history"
	// NextShowRelease shows what a release waits for that others wait for, and NextDrop takes one that
	// waits out of its lane.
	NextShowRelease NextVerb = "show-release"
	// NextWatch watches a release or a set that goes on by itself, where nothing else may be done.
	NextWatch NextVerb = "watch"
	NextDrop  NextVerb = "lane-drop"
	// NextPause lets nothing new begin.
	NextPause NextVerb = "pause"
	// NextAbort stops a release or a set.
	NextAbort NextVerb = "abort"
	// NextRollback stops a release under way and returns to the version before.
	NextRollback NextVerb = "rollback"
	// NextReturn begins a release that returns the application to the version before.
	NextReturn NextVerb = "return"
	// NextRetry submits an ended release once more.
	NextRetry NextVerb = "retry"
	// NextCorrect submits a refused release otherwise than it was, which the file or the flags of the
	// first time say.
	NextCorrect NextVerb = "correct"
	// NextResumeLane lets a lane that is held go on.
	NextResumeLane NextVerb = "lane-resume"
	// NextAllow lets an artifact or configuration that was rolled back be released again.
	NextAllow NextVerb = "lane-allow"
	// NextRecover restores the scaling rules that a release has left off.
	NextRecover NextVerb = "scaling-recover"
	// NextDoctor checks why nobody answers.
	NextDoctor NextVerb = "doctor"
)

// NextStep is one thing that a person may do next.
type NextStep struct {
	Verb NextVerb `json:"verb"`
	// Command is the command line as it is typed; a word in capitals, such as REASON, is for the
	// person to fill in. It is empty for what is not done with the command line.
	Command string `json:"command,omitempty"`
	// Does says what comes of it, and under which condition it is of use.
	Does string `json:"does"`
	// Needed tells that nothing goes on without this step or another that is needed.
	Needed bool `json:"needed,omitempty"`
}

// String returns the command and what it does.
func (s NextStep) String() string {
	if s.Command == "" {
		return s.Does
	}
	return s.Command + "  (" + s.Does + ")"
}

// Next returns what a person may do next with a release that stands at p: what it needs
// first, then what stops it. Every command that it names for a release under way is one
// that [Admit] lets through. A progress that is partial, with a phase and nothing else,
// has the steps of that phase.
func Next(p Progress) []NextStep {
	switch {
	case p.Phase == "": // it was asked for, and no lane has it yet
		return nil
	case p.Phase.Ended():
		return afterEnd(p)
	}
	p = p.assumed()
	var steps []NextStep
	if helps := p.Remedy(); helps != "" {
		steps = append(steps, NextStep{Verb: NextHelp, Does: helps, Needed: true})
	}
	steps = append(steps, p.awaited()...)
	if p.Phase == PhaseFinalizing && p.Operation.brings() && p.Strategy.Watch == nil {
		return append(steps, p.returning("it begins once this release has ended, and brings the version before back"))
	}
	for _, c := range []struct {
		verb NextVerb
		kind CommandKind
		does string
	}{
		{NextPause, CommandPause, "lets nothing new begin until it is resumed"},
		{NextAbort, CommandAbort, p.abortDoes()},
		{NextRollback, CommandRollback, p.rollbackDoes()},
	} {
		if p.admits(Command{Kind: c.kind}) && (c.kind != CommandRollback || p.Operation.changesVersion() && p.Stopping() == "") {
			steps = append(steps, p.step(c.verb, string(c.kind), c.does))
		}
	}
	if !slices.ContainsFunc(steps, func(s NextStep) bool { return s.Verb != NextHelp }) {
		steps = append(steps, p.step(NextWatch, "watch", "shows how it ends"))
	}
	return steps
}

// assumed fills in what the phase of a partial progress implies.
func (p Progress) assumed() Progress {
	if p.Awaiting != nil {
		return p
	}
	switch p.Phase {
	case PhaseAwaitingConfirm:
		p.Awaiting = &Awaiting{Kind: AwaitConfirm}
	case PhaseAwaitingApproval:
		p.Awaiting = &Awaiting{Kind: AwaitApproval}
	case PhaseAwaitingPlatformApproval:
		p.Awaiting = &Awaiting{Kind: AwaitPlatformApproval}
	case PhaseQueued:
		p.Awaiting = &Awaiting{Kind: AwaitQueue}
	case PhasePaused:
		p.Paused, p.Awaiting = true, &Awaiting{Kind: AwaitResume}
	case PhaseWatching:
		p.Awaiting = &Awaiting{Kind: AwaitWatch}
	case PhasePreparing, PhaseRollingOut, PhaseRunning, PhaseFinalizing, PhaseRollingBack,
		PhaseSucceeded, PhaseRolledBack, PhaseAborted, PhaseFailed, PhaseNeedsAttention:
	}
	return p
}

// admits reports whether the command applies and has not counted already.
func (p Progress) admits(c Command) bool {
	repeated, err := Admit(p, c)
	return err == nil && !repeated
}

// step is a command to the release.
func (p Progress) step(verb NextVerb, command, does string) NextStep {
	return NextStep{Verb: verb, Command: "slipway release " + command + " " + word(p.ReleaseID), Does: does}
}

// awaited are the steps that what is waited for asks for. A person's pause stands before all else.
func (p Progress) awaited() []NextStep {
	if p.Paused {
		if !p.admits(Command{Kind: CommandResume}) {
			return nil
		}
		does := "ends the pause"
		if d, confirmed := p.ConfirmedBy(); confirmed {
			word := "confirmed"
			if d.Kind == CommandApprove {
				word = "approved"
			}
			does += fmt.Sprintf("; batch %d is %s by %s already", p.Awaiting.Batch, word, d.By)
		}
		return []NextStep{needed(p.step(NextResume, "resume", does))}
	}
	a := p.Awaiting
	if a == nil {
		return nil
	}
	switch a.Kind {
	case AwaitConfirm, AwaitWatch:
		return p.confirming(*a)
	case AwaitPlatformApproval:
		return []NextStep{{Verb: NextPlatformApprove, Does: p.approving(), Needed: true}}
	case AwaitApproval:
		return p.deciding(*a)
	case AwaitFreeze:
		return p.frozen(*a)
	case AwaitQueue:
		return []NextStep{{
			Verb: NextShowLane, Command: "slipway lane get " + p.appWord(), Does: "shows what comes before it, and whether the lane is held",
		}}
	case AwaitOtherChange:
		return p.behind(*a)
	case AwaitResume, AwaitBake, AwaitGates, AwaitSchedule:
	}
	return nil
}

// deciding are the steps of those who may approve: what each of them says is bound to what is asked
// about. A rejection needs a reason, which is refused as it is written here.
func (p Progress) deciding(a Awaiting) []NextStep {
	of := ""
	if a.Batch > 0 {
		of = fmt.Sprintf(" --batch %d", a.Batch)
	}
	approve := needed(p.step(NextApprove, "approve", "approves it"))
	if s := p.Approval; s != nil {
		approve.Does += ", by " + s.standing()
	}
	reject := p.step(NextReject, "reject", "ends the release, for the reason you give")
	approve.Command += of
	reject.Command += of + " --reason ''"
	return []NextStep{approve, reject}
}

// frozen is what may be done about the freeze that holds the release. Nothing goes on without one of
// the two where somebody has stopped the line.
func (p Progress) frozen(a Awaiting) []NextStep {
	var steps []NextStep
	if a.Stop {
		steps = append(steps, NextStep{
			Verb: NextLift, Command: "slipway freeze lift " + word(a.Freeze), Needed: true,
			Does: "lets every release go on that this stop holds, once what it was for is over",
		})
	}
	if p.admits(Command{Kind: CommandOverride}) {
		override := p.step(NextOverride, "override", "lets it pass over freezes from now on, for the reason you give")
		override.Command += " --reason ''" // which is refused as it is: a placeholder would be recorded as the reason
		override.Needed = a.Until.IsZero()
		steps = append(steps, override)
	}
	return append(steps, NextStep{Verb: NextShowFreezes, Command: "slipway freeze list --app " + p.appWord(), Does: "shows which freeze holds it, and until when"})
}

// behind is what may be done about the unfinished change that the release waits for.
func (p Progress) behind(a Awaiting) []NextStep {
	if a.ChangeID == "" {
		return []NextStep{{Verb: NextEndChange, Does: "wait for the end of the other change, or end it in the platform's console", Needed: a.Stuck}}
	}
	return p.changeSteps(a.ChangeID, a.Stuck)
}

func (p Progress) confirming(a Awaiting) []NextStep {
	if !p.admits(Command{Kind: CommandConfirm, Batch: a.Batch}) {
		return nil
	}
	s := p.step(NextConfirm, "confirm", "lets the next batch begin")
	waits, further := traitsFor(p.App.Platform).PausesAfter(p.Strategy.Type, a.Batch+1), a.Batch+1 < len(p.Batches)
	if a.Batch > 0 {
		s.Command += fmt.Sprintf(" --batch %d", a.Batch)
		if a.Batch < len(p.Batches) {
			s.Does = "lets batch " + p.batchBegins(a.Batch+1)
		}
		if further && !waits {
			s.Does += ", and every one after it by itself"
		}
	}
	if p.Watched() {
		s.Does = "ends the watch: the release has succeeded"
		if a.Kind == AwaitWatch { // it goes on without anybody
			return []NextStep{s}
		}
	}
	steps := []NextStep{needed(s)}
	if all := (Command{Kind: CommandConfirm, All: true}); waits && further && p.admits(all) {
		steps = append(steps, p.step(NextConfirmAll, "confirm", "lets that batch and every one after it begin"))
		steps[1].Command += " --all"
	}
	return steps
}

// batchBegins says which batch begins, and what it does where the platform shifts traffic.
func (p Progress) batchBegins(number int) string {
	return fmt.Sprintf("%d of %d begin", number, len(p.Batches)) + p.BatchShifts(number)
}

// BatchShifts says behind a comma which part of the traffic a batch gives to the new version; empty where
// the platform replaces instances.
func (p Progress) BatchShifts(number int) string {
	weight := p.Batches[number-1].Weight
	if weight == 0 {
		return ""
	}
	return fmt.Sprintf(", which gives the new version %d %% of the traffic", weight)
}

func (p Progress) approving() string {
	what := "the change"
	if p.ChangeID != "" {
		what = "change " + p.ChangeID
	}
	return "approve " + what + " of " + p.App.SearchValue() + " in the platform's console"
}

func (p Progress) abortDoes() string {
	switch {
	case p.Operation == OperationJob && p.Phase != PhaseQueued && p.Phase != PhasePreparing && p.Phase != PhaseAwaitingApproval:
		return p.jobAbortDoes()
	case !p.Operation.changesVersion() && p.ChangeID != "":
		return "stops it"
	case p.Phase == PhaseQueued:
		return "takes it out of its lane; nothing was changed"
	case p.Phase == PhaseAwaitingApproval:
		return "ends it; nothing was changed"
	case p.ChangeID == "" && p.Phase == PhasePreparing: // a partial progress of another phase names no change either
		return "ends it; no change was begun"
	}
	return "stops it and returns to " + p.before()
}

func (p Progress) rollbackDoes() string {
	does := "stops it and returns to " + p.before() + "; another version may be named"
	if d, denies := p.denying(); denies {
		does += "; the " + d.kind() + " is denied from then on"
	}
	return does
}

// Denying says what a rollback of the release means for its artifact or configuration besides, and how
// that ends; empty where neither is denied, or it has ended.
func (p Progress) Denying() string {
	d, denies := p.denying()
	if p.Phase.Ended() || !denies || p.Artifact == (Artifact{}) {
		return ""
	}
	return "denies " + d.Subject() + ", so that nothing brings it again until: " + allowing(p.App, d).Command
}

// DeniedKind is what a rollback of the release denies: its artifact or its configuration; empty where
// it denies nothing, or has ended.
func (p Progress) DeniedKind() string {
	if p.Denying() == "" {
		return ""
	}
	d, _ := p.denying()
	return d.kind()
}

// denying is what is denied once the release is rolled back; false where nothing is.
func (p Progress) denying() (Denial, bool) {
	d, denies := NewDenial(p, time.Time{})
	return d, denies && p.Operation.brings()
}

// before names the version to return to.
func (p Progress) before() string {
	if p.RollbackTo == nil || p.RollbackTo.Artifact == (Artifact{}) {
		return "the version that ran before"
	}
	return p.RollbackTo.Artifact.Public()
}

// afterEnd is what may be done about a release that has ended.
func afterEnd(p Progress) []NextStep {
	retry := p.step(NextRetry, "retry", "submits the same once more, as a new release")
	switch p.Phase {
	case PhaseSucceeded:
		if !p.Operation.brings() { // the version before that of a rollback is older still
			return nil
		}
		return []NextStep{p.returning("returns to the version before")}
	case PhaseRolledBack:
		return p.retrying(retry)
	case PhaseAborted, PhaseFailed:
		switch {
		case p.Denied:
			return p.retrying(retry)
		case p.Refused:
			retry.Does = "submits the same once more, which is refused again unless the application has been changed as the reason says"
			return []NextStep{{Verb: NextCorrect, Does: "submit it otherwise, as the reason says: nothing was changed"}, retry}
		}
		return []NextStep{retry}
	case PhaseNeedsAttention:
		return p.attending(retry)
	case PhaseQueued, PhasePreparing, PhaseAwaitingApproval, PhaseRollingOut, PhaseAwaitingConfirm, PhaseAwaitingPlatformApproval, PhasePaused,
		PhaseRunning, PhaseFinalizing, PhaseWatching, PhaseRollingBack:
	}
	return nil
}

// retrying is how what a release brings is tried again that was rolled back: it is denied.
func (p Progress) retrying(retry NextStep) []NextStep {
	d, denies := p.denying()
	if !denies {
		return []NextStep{retry}
	}
	retry.Does += ", once the " + d.kind() + " is allowed again"
	return []NextStep{allowing(p.App, d), retry}
}

// attending is what a release that needs attention asks for. Its lane is held until somebody
// has looked at the application: looking comes first, then what brings it back to a good version, and
// only then that the lane goes on.
func (p Progress) attending(retry NextStep) []NextStep {
	steps := []NextStep{p.showApp(), {
		Verb: NextHistory, Command: "slipway history " + p.appWord(), Does: "shows what the application was released with before, and what became of it",
	}}
	if p.UnfinishedChange != "" {
		steps = append(steps, p.changeSteps(p.UnfinishedChange, true)...)
	}
	if owes := p.Owes(); len(owes.ScalingRules) > 0 {
		steps = append(steps, NextStep{
			Verb: NextRecover, Command: "slipway scaling recover --release " + word(p.ReleaseID), Needed: true,
			Does: "puts back the scaling rules that it has left off: " + strings.Join(owes.ScalingRules, ", "),
		})
	}
	if p.Operation.changesVersion() {
		steps = append(steps, p.returning("asks for the last good version; it begins once the lane is resumed"))
	}
	return append(steps, resumingLane(p.App, Hold{ReleaseID: p.ReleaseID}), retry)
}

func (p Progress) returning(does string) NextStep {
	return NextStep{Verb: NextReturn, Command: rollbackOf(p.App), Does: does}
}

// rollbackOf is the command that returns an application to a version before. What another one than the
// default of its pointers serves is named.
func rollbackOf(app App) string {
	command := "slipway rollback " + word(app.SearchValue())
	if app.Qualifier != "" && app.Qualifier != app.Unqualified().WithDefaults().Qualifier {
		command += " --qualifier " + word(app.Qualifier)
	}
	return command
}

func (p Progress) appWord() string { return word(p.App.SearchValue()) }

// NextOfSet returns what a person may do next with a set that stands at p, as [Next] does for
// a release.
func NextOfSet(p SetProgress) []NextStep {
	step := func(verb NextVerb, kind CommandKind, does string) NextStep {
		return NextStep{Verb: verb, Command: "slipway set " + string(kind) + " " + word(p.SetID), Does: does}
	}
	admits := func(c Command) bool {
		repeated, err := AdmitSet(p, c)
		return err == nil && !repeated
	}
	var steps []NextStep
	if a := p.Awaiting; a != nil && admits(Command{Kind: CommandConfirm, Batch: a.Batch}) {
		s := step(NextConfirm, CommandConfirm, fmt.Sprintf("lets wave %d of %d begin", a.Batch, len(p.Waves)))
		s.Command += fmt.Sprintf(" --wave %d", a.Batch)
		steps = append(steps, needed(s))
	} else if a == nil && p.Phase == PhaseAwaitingConfirm {
		steps = append(steps, needed(step(NextConfirm, CommandConfirm, "lets the next wave begin")))
	}
	if admits(Command{Kind: CommandAbort}) {
		steps = append(steps, step(NextAbort, CommandAbort, "aborts its releases under way and begins no other"))
	}
	if len(steps) == 0 && p.Phase != "" && !p.Phase.Ended() {
		steps = append(steps, NextStep{Verb: NextWatch, Command: "slipway set watch " + word(p.SetID), Does: "shows how it ends"})
	}
	if p.Phase.Ended() && p.Phase != PhaseSucceeded {
		steps = append(steps, p.returningLeft()...)
	}
	return steps
}

// NextUnanswered returns the steps of a progress that is partial because no worker answers: what waits
// for a confirmation is not known, so a confirmation would be refused. The cause is checked first.
func NextUnanswered(steps []NextStep) []NextStep {
	steps = slices.DeleteFunc(slices.Clone(steps), func(s NextStep) bool { return s.Verb == NextReject })
	for i, s := range steps {
		if s.Verb == NextConfirm || s.Verb == NextApprove {
			steps[i] = needed(NextStep{Verb: NextDoctor, Command: "slipway doctor", Does: "shows why no worker answers; what waits for a confirmation or approval is not known until one does"})
		}
	}
	return steps
}

// mostReturns is how many applications of a set are offered to be returned at most.
const mostReturns = 3

// returningLeft returns the applications that a set has released and not rolled back. The version is
// named where it is known: typed twice, the command goes back no further.
func (p SetProgress) returningLeft() []NextStep {
	var steps []NextStep
	for _, s := range p.left() {
		step := NextStep{
			Verb: NextReturn, Command: rollbackOf(s.App),
			Does: "returns " + s.Name + " to the version that ran before the set",
		}
		if s.RollbackTo != "" {
			step.Command += " --to-version " + word(s.RollbackTo)
		}
		steps = append(steps, step)
	}
	return steps[:min(len(steps), mostReturns)]
}

// ShowRelease is the step that shows a release.
func ShowRelease(id, does string) NextStep {
	return NextStep{Verb: NextShowRelease, Command: "slipway release get " + word(id), Does: does}
}

// NextUnaccepted returns what a person may do about a request that nobody accepts.
func NextUnaccepted() []NextStep {
	return []NextStep{{Verb: NextDoctor, Command: "slipway doctor", Does: "shows why nobody accepts it"}}
}

func needed(s NextStep) NextStep {
	s.Needed = true
	return s
}

// word quotes what a shell would not take as one word as it stands.
func word(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,", r)
	}
	if s != "" && strings.TrimLeftFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
