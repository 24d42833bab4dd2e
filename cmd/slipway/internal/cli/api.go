package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/apicall"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
)

// What the help of slipway api shows of each platform.
const (
	exampleOfSAE = `  slipway api sae --list --group change-order
  slipway api sae ListApplications
  slipway api sae DeployApplication --help
  slipway api sae DeployApplication AppId=7171a6ca-d1cd-4928-8642-7d5cfe69cafe ImageUrl=registry.example/shop:1.4.2 --dry-run
  slipway api sae DescribeChangeOrder ChangeOrderId=01db03d3 -o json
  slipway api sae DescribeNewThing --unchecked --method GET --path /pop/v1/sam/newThing ThingId=1`
	exampleOfFC = `  slipway api fc --list --group alias
  slipway api fc ListServices prefix=shop
  slipway api fc UpdateAlias --help
  slipway api fc UpdateAlias serviceName=shop aliasName=live versionId=7 'additionalVersionWeight={"8":0.05}' --dry-run
  slipway api fc GetAlias serviceName=shop aliasName=live -o json
  slipway api fc GetNewThing --unchecked --method GET --path '/2016-08-15/services/{serviceName}/things' serviceName=shop`
	exampleOfServiceStage = `  slipway api servicestage --list --group component
  slipway api servicestage ListComponents limit=100
  slipway api servicestage ComponentAction --help
  slipway api servicestage ComponentAction application_id=… component_id=… action=scale 'parameters={"replica":3}' --dry-run
  slipway api servicestage GetComponent application_id=… component_id=… -o json
  slipway api servicestage GetNewThing --unchecked --method GET --path '/v3/{project_id}/cas/things'`
)

// platformAPI is the API of a platform on the command line: how it is called, and the settings that say where.
type platformAPI struct {
	apicall.API

	settingsOf
}

// platformAPIs are those of all platforms.
func platformAPIs() []platformAPI {
	var all []platformAPI
	for _, s := range allSettings() {
		all = append(all, platformAPI{s.api(), s})
	}
	return all
}

// api has one command for each platform.
func (a *app) api() *cobra.Command {
	cmd := &cobra.Command{
		Use:        "api",
		SuggestFor: []string{"call"},
		Short:      "Call any operation of a platform's API",
		Long: `Call any operation of a platform's API with the checks of its reference: everything that is
wrong with the parameters is told at once, before anything is sent. Nothing is asked, and
nothing is repeated. See "slipway api PLATFORM OPERATION --help" for the parameters of an
operation.`,
		Example: `  slipway api sae --list
  slipway api sae ListApplications
  slipway api fc GetAlias serviceName=shop aliasName=live
  slipway api servicestage ListComponents`,
		GroupID: groupMaintenance,
		Args:    cobra.ArbitraryArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownPlatform(args[0])
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if named := cmd.Flags().Args(); len(named) > 0 {
			return unknownPlatform(named[0]) // its flags are not known, either
		}
		return &usageError{err.Error()}
	})
	for _, p := range platformAPIs() {
		cmd.AddCommand(a.platformAPI(p))
	}
	return cmd
}

// unknownPlatform refuses what is no platform, and knows the operations of those that there are.
func unknownPlatform(name string) error {
	var words []string
	for _, p := range platformAPIs() {
		if _, known := p.Lookup(name); known {
			return &usageError{fmt.Sprintf("name the platform, too: slipway api %s %s", p.Word, name)}
		}
		words = append(words, p.Word)
	}
	return &usageError{fmt.Sprintf("%q is not a platform; use %s%s", name, strings.Join(words, " or "), release.DidYouMean(name, words))}
}

// platformAPI has one command for each operation of a platform, all made from the facts.
func (a *app) platformAPI(p platformAPI) *cobra.Command {
	var list bool
	var group, method, path string
	unknown := &apiCall{platform: p}
	cmd := &cobra.Command{
		Use:   p.Word + " OPERATION [Name=value …]",
		Short: "Call any operation of " + p.Product,
		Long: fmt.Sprintf(`Call any operation of the API of %s with the checks of its reference. See
"slipway api %s OPERATION --help" for the parameters of an operation.`, p.Product, p.Word),
		Example: p.example,
		Args:    cobra.ArbitraryArgs,
	}
	cmd.Flags().BoolVar(&list, "list", false, "list the operations")
	cmd.Flags().StringVar(&group, "group", "", "list the operations of this group only")
	completingLater(cmd, "group", p.Groups)
	unknown.flags(cmd)
	cmd.Flags().StringVar(&method, flagMethod, "", "the method of an operation that is not listed, with --unchecked")
	completing(cmd, flagMethod, apicall.Methods()...)
	cmd.Flags().StringVar(&path, flagPath, "", "the path of an operation that is not listed, with --unchecked")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if named := cmd.Flags().Args(); cmd.HasSubCommands() && len(named) > 0 {
			return unknownOperation(p, named[0]) // its flags are not known, either
		}
		return &usageError{err.Error()}
	})
	a.command(cmd, frame{settings: p.place, timeout: answerTime}, func(ctx context.Context, call *call) error {
		switch {
		case len(call.args) > 0 && unknown.unchecked:
			var err error
			if unknown.op, err = p.Unknown(call.args[0], method, path); err != nil {
				return &usageError{err.Error()}
			}
			unknown.call, unknown.source.Args = call, call.args[1:]
			return a.runAPI(ctx, unknown)
		case len(call.args) > 0 && (method != "" || path != ""):
			return &usageError{"--method and --path are for operations that are not listed, with --unchecked"}
		case len(call.args) > 0:
			return unknownOperation(p, call.args[0])
		case list || group != "":
			return a.listOperations(cmd, p.API, group)
		case unknown.unchecked || method != "" || path != "":
			return &usageError{"an operation is missing: slipway api " + p.Word + " OPERATION --unchecked --method … --path …"}
		}
		return cmd.Help()
	})
	if a.mayCall("api", p.Word) {
		a.addOperations(cmd, p)
	}
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		// Descriptions are long and there are many: they are made when they are wanted.
		if op, ok := p.Lookup(cmd.Name()); ok {
			cmd.Long = p.Describe(op)
			explainExits(cmd)
		}
		cmd.Root().HelpFunc()(cmd, args)
	})
	return cmd
}

// addOperations adds the commands of all operations of a platform, in their groups.
func (a *app) addOperations(cmd *cobra.Command, p platformAPI) {
	for _, g := range p.Groups() {
		cmd.AddGroup(&cobra.Group{ID: g, Title: "Operations, " + g + ":"})
	}
	for _, op := range p.Operations() {
		cmd.AddCommand(a.apiOperation(p, op))
	}
}

func unknownOperation(p platformAPI, name string) error {
	var names []string
	for _, op := range p.Operations() {
		names = append(names, op.Name)
	}
	return &usageError{fmt.Sprintf("the API of %s has no operation %q%s", p.Product, name, release.DidYouMean(name, names))}
}

func (a *app) listOperations(cmd *cobra.Command, api apicall.API, group string) error {
	f, err := format(cmd)
	if err != nil {
		return err
	}
	entries := api.Catalog(group)
	if len(entries) == 0 {
		return &usageError{"there is no group " + strconv.Quote(group) + "; there are " + strings.Join(api.Groups(), ", ")}
	}
	return a.printWire(f, entries, func() string { return apicall.CatalogTable(entries, a.screen(cmd).style()) })
}

// apiCall is one run of the command of an operation.
type apiCall struct {
	*call

	platform  platformAPI
	op        cloudapi.Operation
	source    apicall.Source
	dryRun    bool
	unchecked bool
	// in is where parameters travel that the operation is not known to have.
	in string
}

// Flags of operations that are not listed.
const (
	flagMethod = "method"
	flagPath   = "path"
	flagIn     = "in"
)

// flags are those of every call.
func (c *apiCall) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&c.source.JSON, "json", "", "read parameters from `FILE`, a JSON object; - is standard input")
	flags.BoolVar(&c.dryRun, "dry-run", false, "print the signed request without its secrets, and send nothing")
	flags.BoolVar(&c.unchecked, "unchecked", false, "do not compare the parameters with the reference, and send those that it does not know")
	flags.StringVar(&c.in, flagIn, string(cloudapi.InQuery), "where parameters travel that are not known, with --unchecked: "+strings.Join(c.platform.positions(), ", "))
	completing(cmd, flagIn, c.platform.positions()...)
}

func (a *app) apiOperation(p platformAPI, op cloudapi.Operation) *cobra.Command {
	api := &apiCall{platform: p, op: op}
	cmd := &cobra.Command{
		Use:     op.Name + " [Name=value …]",
		Short:   op.Summary,
		Example: p.Example(op),
		GroupID: op.Group,
	}
	api.flags(cmd)
	cmd.ValidArgsFunction = completeParameters(op)
	return a.command(cmd, frame{settings: p.place, timeout: answerTime}, func(ctx context.Context, call *call) error {
		api.call, api.source.Args = call, call.args
		return a.runAPI(ctx, api)
	})
}

// positions are where parameters can travel that an operation is not known to have.
func (p platformAPI) positions() []string {
	var out []string
	for _, at := range p.Positions {
		out = append(out, string(at))
	}
	return out
}

// connect returns what makes clients for a person: credentials come from the platform's default chain.
func (p platformAPI) connect(v *config.Values) (apicall.Connect, error) {
	place := apicall.Place{Region: v.String(p.region), Endpoint: v.String(p.endpoint), UserAgent: userAgent(), Getenv: v.Env}
	if place.Region == "" {
		return nil, v.Bad(p.region, "is not set", "name a region, for example --"+p.region+" "+p.exampleRegion)
	}
	if p.owner != "" {
		place.Owner = v.String(p.owner)
	}
	connect, err := p.Connect(place)
	if err != nil {
		return nil, &usageError{err.Error() + "; check " + config.Variables(p.place)}
	}
	return connect, nil
}

func (a *app) runAPI(ctx context.Context, call *apiCall) error {
	call.source.Stdin, call.source.AnyName = a.Stdin, call.unchecked
	values, err := call.source.Read(call.op)
	problems, _ := errors.AsType[apicall.Problems](err)
	if call.unchecked {
		if err := a.extend(call, values); err != nil {
			return err
		}
	} else {
		more, ok := errors.AsType[apicall.Problems](call.platform.Check(call.op, values))
		if ok {
			problems = problems.And(more)
		}
	}
	if len(problems) > 0 {
		return &usageError{call.op.Name + " cannot be called like this:\n" + problems.Error()}
	}
	connect, err := call.platform.connect(call.values)
	if err != nil {
		return err
	}
	c := apicall.Call{API: call.platform.API, Operation: call.op, Values: values, Unchecked: call.unchecked}
	if call.dryRun {
		return a.dryRun(ctx, c, connect, call.format)
	}
	answer, err := apicall.Do(ctx, c, connect)
	if err != nil {
		if call.cmd.Context().Err() != nil && errors.Is(err, cloudapi.ErrAmbiguous) {
			a.infof("%s was under way: look whether it was done before calling again", call.op.Name)
		}
		return err
	}
	a.infoChange(call, answer)
	return a.printAnswer(call.cmd, call.format, answer)
}

// extend takes the parameters that the operation is not known to have.
func (a *app) extend(call *apiCall, values map[string]string) error {
	if positions := call.platform.positions(); !slices.Contains(positions, call.in) {
		return &usageError{"--" + flagIn + ": must be one of " + strings.Join(positions, ", ")}
	}
	known := call.op.Group != ""
	var unknown []string
	call.op, unknown = apicall.Extend(call.op, values, cloudapi.Position(call.in))
	if missing := call.platform.Placeholders(call.op, values); len(missing) > 0 {
		return &usageError{"the path of " + call.op.Name + " needs " + strings.Join(missing, ", ")}
	}
	if known && len(unknown) > 0 {
		a.infof("%s is not known to take %s", call.op.Name, strings.Join(unknown, ", "))
	}
	return nil
}

func (a *app) dryRun(ctx context.Context, c apicall.Call, connect apicall.Connect, f render.Format) error {
	request, signed, err := apicall.Sign(ctx, c, connect)
	if err != nil {
		return err
	}
	a.infof("dry run: nothing was sent")
	if !signed {
		a.infof("no credentials were found, so the signature is made with none; a real call would fail")
	}
	return a.printWire(f, request, request.String)
}

// infoChange tells what a call has changed, and how to go on watching it.
func (a *app) infoChange(call *apiCall, answer apicall.Answer) {
	op, started := call.op, answer.Change()
	switch {
	case !op.Mutates:
		return
	case started != "" && op.Starts != "":
		a.infof("%s has started %s %s", op.Name, op.Starts, started)
	case started != "":
		a.infof("%s was accepted for %s %s", op.Name, call.platform.Starts, started)
	case op.Starts != "":
		a.infof("%s is done (request %s) and names no %s", op.Name, answer.RequestID(), op.Starts)
	case answer.RequestID() == "":
		a.infof("%s is done", op.Name)
	default:
		a.infof("%s is done (request %s)", op.Name, answer.RequestID())
	}
	if started != "" {
		a.infof("watch it with: slipway api %s %s%s%s", call.platform.Word, call.platform.Watch, started, repeated(call.cmd, call.platform.place))
	}
}

// repeated are the flags that lead another command to the same place.
func repeated(cmd *cobra.Command, settings []config.Setting) string {
	var words strings.Builder
	for _, s := range append([]config.Setting{config.File()}, settings...) {
		if f := cmd.Flag(s.Name); f != nil && f.Changed {
			words.WriteString(" --" + s.Name + " " + f.Value.String())
		}
	}
	return words.String()
}

func (a *app) printAnswer(cmd *cobra.Command, f render.Format, answer apicall.Answer) error {
	if !f.ForPeople() {
		return a.printWire(f, answer.RawMessage, nil)
	}
	style := a.screen(cmd).style()
	style.Zone = nil // what the platform answers is shown as it is
	text, err := answer.Table(style)
	if err != nil {
		return err
	}
	if text == "" {
		a.infof("the answer holds no data")
	}
	_, err = a.Stdout.Write([]byte(text))
	return err
}

// printWire prints data whose names and texts are those of the API: JSON keeps the order of
// members and every letter as it is.
func (a *app) printWire(f render.Format, data any, table func() string) error {
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil {
		return err
	}
	if f == render.FormatJSON {
		text, err := apicall.Indented(raw.Bytes())
		if err != nil {
			return err
		}
		_, err = a.Stdout.Write(text)
		return err
	}
	value, err := apicall.Value(raw.Bytes())
	if err != nil {
		return err
	}
	return f.Write(a.Stdout, value, table)
}

// completeParameters completes names of parameters, and values where there is a list of them.
func completeParameters(op cloudapi.Operation) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		directive := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
		var out []cobra.Completion
		for _, c := range apicall.Complete(op, args, typed) {
			if c.Unfinished {
				directive |= cobra.ShellCompDirectiveNoSpace
			}
			out = append(out, cobra.CompletionWithDesc(c.Word, c.Description))
		}
		return out, directive
	}
}
