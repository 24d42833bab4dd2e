package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/apicall"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/saeclient"
)

// api has one command for each operation of the SAE API, all made from the facts.
func (a *app) api() *cobra.Command {
	var list bool
	var group, method, path string
	unknown := new(apiCall)
	cmd := &cobra.Command{
		Use:        "api OPERATION [Name=value …]",
		SuggestFor: []string{"sae", "call"},
		Short:      "Call any operation of the SAE API",
		Long: `Call any operation of the SAE API with the checks of its reference: everything that is
wrong with the parameters is told at once, before anything is sent. Nothing is asked, and
nothing is repeated. See "slipway api OPERATION --help" for the parameters of an operation.`,
		Example: `  slipway api --list --group change-order
  slipway api ListApplications
  slipway api DeployApplication --help
  slipway api DeployApplication AppId=7171a6ca-d1cd-4928-8642-7d5cfe69cafe ImageUrl=registry.example/shop:1.4.2 --dry-run
  slipway api DescribeChangeOrder ChangeOrderId=01db03d3 -o json
  slipway api DescribeNewThing --unchecked --method GET --path /pop/v1/sam/newThing ThingId=1`,
		GroupID: groupMaintenance,
		Args:    cobra.ArbitraryArgs,
	}
	cmd.Flags().BoolVar(&list, "list", false, "list the operations")
	cmd.Flags().StringVar(&group, "group", "", "list the operations of this group only")
	completing(cmd, "group", apicall.SAE().Groups()...)
	unknown.flags(cmd)
	cmd.Flags().StringVar(&method, flagMethod, "", "the method of an operation that is not listed, with --unchecked")
	completing(cmd, flagMethod, apicall.Methods()...)
	cmd.Flags().StringVar(&path, flagPath, "", "the path of an operation that is not listed, with --unchecked")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if named := cmd.Flags().Args(); cmd.HasSubCommands() && len(named) > 0 {
			return unknownOperation(named[0]) // its flags are not known, either
		}
		return &usageError{err.Error()}
	})
	a.command(cmd, frame{settings: saeSettings(), timeout: answerTime}, func(ctx context.Context, call *call) error {
		switch {
		case len(call.args) > 0 && unknown.unchecked:
			var err error
			if unknown.op, err = apicall.Unknown(call.args[0], method, path); err != nil {
				return &usageError{err.Error()}
			}
			unknown.call, unknown.source.Args = call, call.args[1:]
			return a.runAPI(ctx, unknown)
		case len(call.args) > 0 && (method != "" || path != ""):
			return &usageError{"--method and --path are for operations that are not listed, with --unchecked"}
		case len(call.args) > 0:
			return unknownOperation(call.args[0])
		case list || group != "":
			return a.listOperations(cmd, group)
		case unknown.unchecked || method != "" || path != "":
			return &usageError{"an operation is missing: slipway api OPERATION --unchecked --method … --path …"}
		}
		return cmd.Help()
	})
	for _, g := range apicall.SAE().Groups() {
		cmd.AddGroup(&cobra.Group{ID: g, Title: "Operations, " + g + ":"})
	}
	for _, op := range saeclient.Operations() {
		cmd.AddCommand(a.apiOperation(op))
	}
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		// Descriptions are long and there are many: they are made when they are wanted.
		if op, ok := saeclient.LookupOperation(cmd.Name()); ok {
			cmd.Long = apicall.SAE().Describe(op)
			explainExits(cmd)
		}
		cmd.Root().HelpFunc()(cmd, args)
	})
	return cmd
}

func unknownOperation(name string) error {
	var names []string
	for _, op := range saeclient.Operations() {
		names = append(names, op.Name)
	}
	return &usageError{"the SAE API has no operation " + strconv.Quote(name) + release.DidYouMean(name, names)}
}

func (a *app) listOperations(cmd *cobra.Command, group string) error {
	f, err := format(cmd)
	if err != nil {
		return err
	}
	entries := apicall.SAE().Catalog(group)
	if len(entries) == 0 {
		return &usageError{"there is no group " + strconv.Quote(group) + "; there are " + strings.Join(apicall.SAE().Groups(), ", ")}
	}
	return a.printWire(f, entries, func() string { return apicall.CatalogTable(entries, a.screen(cmd).style()) })
}

// apiCall is one run of the command of an operation.
type apiCall struct {
	*call

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
	flags.StringVar(&c.in, flagIn, string(cloudapi.InQuery), "where parameters travel that are not known, with --unchecked: "+strings.Join(apicall.Positions(), ", "))
	completing(cmd, flagIn, apicall.Positions()...)
}

func (a *app) apiOperation(op cloudapi.Operation) *cobra.Command {
	api := &apiCall{op: op}
	cmd := &cobra.Command{
		Use:     op.Name + " [Name=value …]",
		Short:   op.Summary,
		Example: apicall.Example(op),
		GroupID: op.Group,
	}
	api.flags(cmd)
	cmd.ValidArgsFunction = completeParameters(op)
	return a.command(cmd, frame{settings: saeSettings(), timeout: answerTime}, func(ctx context.Context, call *call) error {
		api.call, api.source.Args = call, call.args
		return a.runAPI(ctx, api)
	})
}

// saeSettings are those that say where SAE is; the others concern workers.
func saeSettings() []config.Setting {
	var out []config.Setting
	for _, s := range config.SAE() {
		if s.Name == config.SAEEndpoint || s.Name == config.SAERegion {
			out = append(out, s)
		}
	}
	return out
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
		more, ok := errors.AsType[apicall.Problems](apicall.SAE().Check(call.op, values))
		if ok {
			problems = problems.And(more)
		}
	}
	if len(problems) > 0 {
		return &usageError{call.op.Name + " cannot be called like this:\n" + problems.Error()}
	}
	sae, err := saeConfig(call.values)
	if err != nil {
		return err
	}
	c := apicall.Call{API: apicall.SAE(), Operation: call.op, Values: values, Unchecked: call.unchecked}
	if call.dryRun {
		return a.dryRun(ctx, c, sae, call.format)
	}
	client, err := saeclient.New(sae)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	answer, err := apicall.Do(ctx, c, client)
	if err != nil {
		if call.cmd.Context().Err() != nil && errors.Is(err, cloudapi.ErrAmbiguous) {
			a.infof("%s was under way: look whether it was done before calling again", call.op.Name)
		}
		return err
	}
	a.infoChange(call.cmd, call.op, apicall.Answer(answer))
	return a.printAnswer(call.cmd, call.format, apicall.Answer(answer))
}

// extend takes the parameters that the operation is not known to have.
func (a *app) extend(call *apiCall, values map[string]string) error {
	if !slices.Contains(apicall.Positions(), call.in) {
		return &usageError{"--" + flagIn + ": must be one of " + strings.Join(apicall.Positions(), ", ")}
	}
	known := call.op.Group != ""
	var unknown []string
	call.op, unknown = apicall.Extend(call.op, values, cloudapi.Position(call.in))
	if missing := apicall.Placeholders(call.op, values); len(missing) > 0 {
		return &usageError{"the path of " + call.op.Name + " needs " + strings.Join(missing, ", ")}
	}
	if known && len(unknown) > 0 {
		a.infof("%s is not known to take %s", call.op.Name, strings.Join(unknown, ", "))
	}
	return nil
}

// saeConfig is the configuration of a client for a person: credentials come from Alibaba
// Cloud's default chain.
func saeConfig(v *config.Values) (saeclient.Config, error) {
	c := saeclient.Config{Region: v.String(config.SAERegion), Endpoint: v.String(config.SAEEndpoint), UserAgent: userAgent()}
	if c.Region == "" {
		return c, v.Bad(config.SAERegion, "is not set", "name a region, for example --sae-region cn-hangzhou")
	}
	if err := c.Validate(); err != nil {
		return c, &usageError{err.Error() + "; check SLIPWAY_SAE_REGION and SLIPWAY_SAE_ENDPOINT"}
	}
	return c, nil
}

func (a *app) dryRun(ctx context.Context, c apicall.Call, sae saeclient.Config, f render.Format) error {
	request, signed, err := apicall.Sign(ctx, c, apicall.ConnectSAE(sae))
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
func (a *app) infoChange(cmd *cobra.Command, op cloudapi.Operation, answer apicall.Answer) {
	if !op.Mutates {
		return
	}
	order := answer.ChangeOrder()
	switch {
	case order != "" && op.Starts != "":
		a.infof("%s has started change order %s", op.Name, order)
	case order != "":
		a.infof("%s was accepted for change order %s", op.Name, order)
	case op.Starts != "":
		a.infof("%s is done (request %s) and names no change order", op.Name, answer.RequestID())
	default:
		a.infof("%s is done (request %s)", op.Name, answer.RequestID())
	}
	if order != "" {
		a.infof("watch it with: slipway api DescribeChangeOrder ChangeOrderId=%s%s", order, repeated(cmd))
	}
}

// repeated are the flags that lead another command to the same place.
func repeated(cmd *cobra.Command) string {
	var words strings.Builder
	for _, name := range []string{config.ConfigFile, config.SAEEndpoint, config.SAERegion} {
		if f := cmd.Flag(name); f != nil && f.Changed {
			words.WriteString(" --" + name + " " + f.Value.String())
		}
	}
	return words.String()
}

func (a *app) printAnswer(cmd *cobra.Command, f render.Format, answer apicall.Answer) error {
	if !f.ForPeople() {
		return a.printWire(f, json.RawMessage(answer), nil)
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
	answer := apicall.Answer(raw.Bytes())
	if f == render.FormatJSON {
		text, err := answer.Indented()
		if err != nil {
			return err
		}
		_, err = a.Stdout.Write(text)
		return err
	}
	value, err := answer.Value()
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
