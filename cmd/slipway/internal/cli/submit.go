package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/manifest"
	"slipway/release"
	"slipway/releases"
	"slipway/requests"
	"slipway/wire"
)

// defaultSource is the source of events that this command line publishes.
const defaultSource = "urn:slipway:cli"

// submission is how to submit a request.
type submission struct {
	eventID, source string
	dryRun, wait    bool
	// plan shows what would be submitted instead.
	plan bool
}

// onSubmit completes a command that submits what request makes of a call.
func (a *app) onSubmit(cmd *cobra.Command, kind string, request func(context.Context, *call) (asked, error)) *cobra.Command {
	var s submission
	flags := cmd.Flags()
	flags.StringVar(&s.eventID, "event-id", "", "ID of the event, unique within the source (default a new UUID)")
	flags.StringVar(&s.source, "source", defaultSource, "source of the event, a URI reference")
	flags.BoolVar(&s.dryRun, "dry-run", false, "print the event that would be published, and publish nothing")
	flags.BoolVar(&s.plan, flagPlan, false, "show what it would do, as slipway plan does, and submit nothing")
	flags.BoolVarP(&s.wait, flagWait, "w", false, "follow the release and exit by its outcome")
	exits(cmd, exitUsage, "usage: an argument, a setting or a file is wrong, or the same event was used with another content; with --plan: it would be refused")
	exits(cmd, exitRefused, "a lane denies what would be released, which was rolled back; nothing was submitted")
	exits(cmd, exitTimeout, "with --wait: --timeout is up; what was submitted goes on")
	exitsByOutcome(cmd, kind, "with --wait: ")
	return a.command(cmd, frame{
		settings: slices.Concat(config.Temporal(), config.NATS(), config.Actor(), config.AsIdentity(), config.Signing()), draws: true,
		usage: "with --wait, stop waiting after this time (default never); with --plan, give up then (default 70s)",
	}, func(ctx context.Context, call *call) error {
		if call.timeout != 0 && !s.wait && !s.plan {
			return &usageError{"--timeout is for --wait and --plan"}
		}
		it, err := request(ctx, call)
		if err != nil {
			return err
		}
		if s.plan {
			return s.planned(ctx, call, it.document)
		}
		return a.ask(ctx, call, s, it)
	})
}

func (a *app) submit() *cobra.Command {
	var file string
	var over manifest.Overrides
	cmd := &cobra.Command{
		Use:   "submit -f FILE",
		Short: "Ask for a release by an event on NATS",
		Long: `Ask for the release that a file describes, by an event on NATS JetStream, and print the
release ID. The file is YAML or JSON: apiVersion: slipway.dev/v1, kind: Release, spec. Its spec has
app, or application and environment: names of an application document, "slipway app list".

The application and the source and ID of the event are the identity of the release:
submitting with the same again, however late, means the same release. Without --event-id
a new one is made and told, to submit the same again with it. An artifact that was rolled back is
refused, where Temporal tells so, until it is allowed: "slipway lane allow".

With --wait the release is followed like "slipway release watch" does.`,
		Example: `  slipway release submit -f examples/gray-manual.yaml
  slipway release submit -f release.yaml --image registry.example/shop:1.4.3 --wait --timeout 1h
  slipway release submit -f release.yaml --source https://ci.example/shop --event-id "$CI_JOB_ID"
  slipway release submit -f hotfix.yaml --preempt --freeze-override "orders are lost until this is out"
  slipway release submit -f - --dry-run < release.yaml`,
		Args: arguments(),
	}
	flags := cmd.Flags()
	flags.VarP(&oneFile{path: &file}, "file", "f", "release file; - reads standard input (required)")
	flags.StringVar(&over.Image, "image", "", "release this image in place of the file's artifact")
	flags.StringVar(&over.Note, flagNote, "", "note in place of the file's")
	flags.StringVar(&over.RequestedBy, "requested-by", "", "who asks, in place of the file's (default --by)")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml", "json")
	var lane release.Lane
	var freeze release.FreezePolicy
	withLane(cmd, &lane, &freeze)
	return a.onSubmit(cmd, kindRelease, func(ctx context.Context, call *call) (asked, error) {
		over.AskedBy, over.LanePolicy, over.FreezeOverride = call.by, lane.Policy, freeze.Override
		if call.cmd.Flag("preempt").Changed {
			over.Preempt = &lane.Preempt
		}
		it, err := readWith(a, file, over, manifest.ReadRelease)
		if err != nil {
			return asked{}, err
		}
		spec, err := call.resolved(ctx, it)
		if err == nil && it.Named != nil {
			return a.askedByName(*it.Named, spec)
		}
		return a.askedRelease(spec), err
	})
}

// askedRelease is a release as something to ask for.
func (a *app) askedRelease(spec release.Spec) asked {
	request := requests.OfRelease(spec)
	return asked{
		Request: request, what: kindRelease, watch: releaseTarget().watch, digest: request.Digest(),
		brings: []release.Spec{spec}, document: manifest.Document{Release: &spec},
	}
}

// askedByName is a release of a named application as something to ask for. The starter resolves it, with
// the document as it is by then; what it is resolved to here, the lane is asked about.
func (a *app) askedByName(n wire.Named, resolved release.Spec) (asked, error) {
	request, err := requests.OfNamed(n)
	return asked{
		Request: request, what: kindRelease, watch: releaseTarget().watch,
		brings: []release.Spec{resolved}, document: manifest.Document{Release: &resolved},
	}, err
}

// resolved is what a file asks for, whole: one that names its application with what its document says.
func (c *call) resolved(ctx context.Context, it manifest.Document) (release.Spec, error) {
	if it.Named == nil {
		return *it.Release, nil
	}
	n, err := c.named(ctx, it.Named.String(), "")
	if err != nil {
		return release.Spec{}, err
	}
	if it.Named.Promotes() {
		return release.Spec{}, &usageError{"promotedFrom has no meaning in a file: a version is promoted with slipway promote, or by an event"}
	}
	spec, err := n.document.Spec.Resolve(*it.Named)
	if problems, ok := errors.AsType[release.Problems](err); ok {
		return spec, fmt.Errorf("%s cannot be released so:\n%w", n, problems)
	}
	return spec, err
}

// asked is what is asked for by an event: a release or a set.
type asked struct {
	requests.Request

	what string
	// digest is that of the content that what is watched must have; empty where it is not known before the starter knows.
	digest string
	watch  func(context.Context, *call, watchOptions) error
	// brings are the releases that come of it, and document is what it is.
	brings   []release.Spec
	document manifest.Document
	// byAnyEvent tells that it is the same whatever event asks for it.
	byAnyEvent bool
}

// again says how the same is asked for once more.
func (it asked) again(source, eventID string) string {
	if it.byAnyEvent {
		return fmt.Sprintf("asked for again, it is the same %s", it.what)
	}
	return fmt.Sprintf("submit it again with --source %s --event-id %s: the same event means the same %s", source, eventID, it.what)
}

// takenTime bounds the questions to the ledger and to lanes: who may not ask gets no answer.
const takenTime = 2 * time.Second

// admitted fails where a lane would refuse what is asked for. What Temporal cannot tell, the lane
// will: it is not needed to ask for something.
func (a *app) admitted(ctx context.Context, v *config.Values, specs []release.Spec) error {
	ctx, cancel := context.WithTimeout(ctx, takenTime)
	defer cancel()
	client, closeClient, err := a.releases(ctx, v)
	if err != nil {
		return nil
	}
	defer closeClient()
	for _, spec := range specs {
		if err := client.Admits(ctx, spec); err != nil {
			return err
		}
	}
	return nil
}

// ask publishes the event of what is asked for, and follows it where that is wanted.
func (a *app) ask(ctx context.Context, c *call, s submission, it asked) error {
	if s.eventID == "" {
		s.eventID = uuid.NewString()
	}
	request, err := it.As(c.identity)
	if err != nil {
		return &usageError{err.Error()}
	}
	if it.Request = request; it.digest != "" {
		it.digest = request.Digest()
	}
	msg, err := it.Message(wire.Origin{Source: s.source, ID: s.eventID, Time: time.Now().UTC(), Identity: c.identity, Signer: c.signer})
	if err != nil {
		return &usageError{err.Error()}
	}
	r := it.Receipt(s.source, s.eventID)
	if s.dryRun {
		return a.showEvent(c.format, it.what+" "+r.ID(), msg)
	}
	r.Duplicate, err = a.publish(ctx, c.values, msg, func(ctx context.Context, known *ledger.Ledger) error {
		asking, end := a.denials.Watch(ctx)
		before, err := it.Known(asking, known, r.ID())
		end()
		if before || err != nil {
			return err // the same event again asks for nothing new, whatever the lane denies by now
		}
		if c.byEvents() {
			return nil // Temporal, which knows what lanes deny, is not asked
		}
		return a.admitted(ctx, c.values, it.brings)
	})
	_, unusable := errors.AsType[*ledger.ConflictError](err)
	_, refused := errors.AsType[*releases.RefusedError](err)
	if unusable || refused {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, it.again(s.source, s.eventID))
	}
	a.infoReceipt(it, r)
	if !s.wait {
		return c.format.Write(a.Stdout, r, func() string { return r.ID() + "\n" })
	}
	watch := withReleases(func(ctx context.Context, connected *call) error {
		if connected.onNATS != nil {
			connected.onNATS = connected.onNATS.Awaiting(msg.Subject, r)
		}
		return it.watch(ctx, connected, watchOptions{id: r.ID(), grace: graceSubmitted, digest: it.digest})
	})
	return watch(ctx, c)
}

// oneFile is the flag of a file that may be given once.
type oneFile struct {
	path  *string
	given bool
}

// Set implements [pflag.Value].
func (f *oneFile) Set(path string) error {
	if f.given {
		return errors.New("one file at a time; to release several applications as one, see: slipway set submit")
	}
	*f.path, f.given = path, true
	return nil
}

// String implements [pflag.Value].
func (f *oneFile) String() string {
	if f.path == nil {
		return ""
	}
	return *f.path
}

// Type implements [pflag.Value].
func (f *oneFile) Type() string { return "string" }

// readWith reads a release file, or that of a set.
func readWith[T any](a *app, path string, over manifest.Overrides, read func(io.Reader, manifest.Overrides) (T, error)) (T, error) {
	if path == "" {
		var none T
		return none, &usageError{"missing -f FILE, the release file; - reads standard input"}
	}
	return readFile(a, "-f", path, func(in io.Reader) (T, error) { return read(in, over) })
}

// readFile reads the file that a flag names.
func readFile[T any](a *app, flag, path string, read func(io.Reader) (T, error)) (T, error) {
	var none T
	in, name := a.Stdin, "standard input"
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return none, &usageError{fmt.Sprintf("%s %s: %v; name a file that can be read, or - for standard input", flag, path, reasonOf(err))}
		}
		defer func() { _ = file.Close() }()
		in, name = file, path
	}
	out, err := read(in)
	if problems, ok := errors.AsType[release.Problems](err); ok {
		return out, fmt.Errorf("%s cannot be released:\n%w", name, problems)
	}
	if err != nil {
		return out, &usageError{name + " " + err.Error()}
	}
	return out, nil
}

// reasonOf is why a file cannot be opened, without the name of the call and of the file.
func reasonOf(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

// showEvent prints the event as it would be published.
func (a *app) showEvent(f render.Format, what string, msg *nats.Msg) error {
	a.infof("%s would be asked for on subject %s with Nats-Msg-Id %s", what, msg.Subject, msg.Header.Get(nats.MsgIdHdr))
	if signed, err := wire.SignatureOf(msg); err != nil || signed != nil {
		_, told := fmt.Fprintf(a.Stdout, "%s\n", msg.Data) // the signature is of the data as it stands there
		return errors.Join(err, told)
	}
	if f.ForPeople() {
		f = render.FormatJSON
	}
	return f.Write(a.Stdout, json.RawMessage(msg.Data), nil)
}

// publishTime bounds the connection, and what is asked before something is published.
const publishTime = 10 * time.Second

// publish stores a request in the stream, unless admit has a reason against it.
func (a *app) publish(ctx context.Context, v *config.Values, msg *nats.Msg, admit func(context.Context, *ledger.Ledger) error) (duplicate bool, err error) {
	asking, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	js, closeNATS, err := a.jetStream(asking, v, "slipway release submit")
	if err != nil {
		return false, err
	}
	defer closeNATS()
	if err := admit(asking, ledger.New(js)); err != nil {
		return false, err
	}
	return requests.Publish(ctx, js, msg)
}

func (a *app) infoReceipt(it asked, r requests.Receipt) {
	became := "submitted"
	if r.Duplicate {
		became = "was submitted before, by the same event"
	}
	a.infof("%s %s %s; %s", it.what, r.ID(), became, it.again(r.Source, r.EventID))
}

// infof says something to the person at the command line: errors in plain words, and times in
// their zone.
func (a *app) infof(words string, args ...any) {
	for i, arg := range args {
		if err, ok := arg.(error); ok {
			args[i] = message(err)
		}
	}
	text := release.InZone(fmt.Sprintf(words, args...), a.zone())
	_, _ = io.WriteString(a.Stderr, render.Prose(render.Clean(text), a.stderrWidth())+"\n")
}
