package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"slipway/console/problem"
	"slipway/release"
)

// deployForm is what somebody asks for, as it was filled in.
type deployForm struct {
	// App is application/environment, or platform/region/id.
	App, Operation, Image, Version, Variables, Strategy, Note string
	Key                                                       string
	// Seen is what the plan was of that was shown, as [digestOf] has it.
	Seen string
}

// deployShown is the page on which a release is asked for: what it would do comes first.
type deployShown struct {
	Form deployForm
	// Choices are the applications that have a document.
	Choices []string
	// Operations and Strategies are what there is to choose from.
	Operations, Strategies []string
	// Plan is what it would do; nil before that was asked.
	Plan *release.Plan
	// Changed tells that something else was to be deployed than what had been shown.
	Changed bool
	Problem *problem.Problem
}

func deployPage(p *page) error {
	of := p.URL.Query()
	return p.showDeploy(deployShown{Form: deployForm{App: of.Get("app"), Image: of.Get("image"), Operation: of.Get("operation"), Version: of.Get("version")}})
}

func (p *page) showDeploy(shown deployShown) error {
	documents, err := p.applications()
	if err != nil {
		return err
	}
	for _, d := range documents {
		for _, e := range d.Spec.Environments {
			shown.Choices = append(shown.Choices, d.Spec.Name+"/"+e.Name)
		}
	}
	shown.Operations = []string{string(release.OperationRelease), string(release.OperationRollback), string(release.OperationRestart)}
	shown.Strategies = []string{string(release.StrategyAll), string(release.StrategyGray), string(release.StrategyBatch)}
	status := http.StatusOK
	if shown.Problem != nil {
		status = shown.Problem.Status
	}
	return p.answer(status, "deploy", frame{Title: p.t("Deploy"), Body: shown})
}

// deploy shows what a release would do, and asks for it once that was seen.
func deploy(p *page) error {
	if err := p.form(); err != nil {
		return err
	}
	of := p.PostFormValue
	shown := deployShown{Form: deployForm{
		App: strings.TrimSpace(of("app")), Operation: of("operation"), Image: strings.TrimSpace(of("image")), Version: strings.TrimSpace(of("version")),
		Variables: of("variables"), Strategy: of("strategy"), Note: of("note"), Key: of("key"), Seen: of("seen"),
	}}
	body, wrong := shown.Form.body()
	if len(wrong) > 0 {
		shown.Problem = new(invalid(wrong))
		return p.showDeploy(shown)
	}
	digest, err := digestOf(body)
	if err != nil {
		return err
	}
	shown.Changed = of("step") == "deploy" && shown.Form.Seen != digest
	if of("step") == "deploy" && shown.Form.Key != "" && !shown.Changed {
		id, err := p.submit(body, shown.Form.Key)
		if err == nil {
			return p.redirect(ofReleases.page(id))
		}
		shown.Problem = new(p.problemOf(err))
	}
	shown.Form.Key, shown.Form.Seen = p.key(shown.Problem), digest
	if err := p.post("plan", "", body, &shown.Plan); err != nil && shown.Problem == nil {
		shown.Problem = new(p.problemOf(err))
	}
	return p.showDeploy(shown)
}

// digestOf is the same for the same request alone.
func digestOf(body map[string]any) (string, error) {
	content, err := json.Marshal(body)
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), err
}

// body is the request of a form, as the API takes it.
func (f deployForm) body() (map[string]any, release.Problems) {
	body := map[string]any{}
	ref, err := release.ParseApp(f.App)
	if err != nil {
		return nil, release.Problems{{Field: "app", Message: err.Error()}}
	}
	if ref.ByName() {
		body["application"] = ref.Application
		if ref.Environment != "" {
			body["environment"] = ref.Environment
		}
	} else {
		body["app"] = ref.App
	}
	if f.Operation != "" && f.Operation != string(release.OperationRelease) {
		body["operation"] = f.Operation
	}
	if f.Image != "" {
		body["artifact"] = map[string]string{"image": f.Image}
	}
	if f.Version != "" {
		body["version"] = f.Version
	}
	if f.Note != "" {
		body["note"] = f.Note
	}
	switch release.StrategyType(f.Strategy) {
	case "":
	case release.StrategyGray:
		body["strategy"] = map[string]any{"type": f.Strategy, "gray": 1, "batches": 1, "confirm": release.ConfirmManual}
	case release.StrategyBatch:
		body["strategy"] = map[string]any{"type": f.Strategy, "batches": 2, "confirm": release.ConfirmManual}
	case release.StrategyAll:
		body["strategy"] = map[string]any{"type": f.Strategy}
	}
	variables, wrong := variablesOf(f.Variables)
	if len(variables) > 0 {
		body["config"] = map[string]any{"variables": variables}
	}
	return body, wrong
}

// variablesOf reads a line KEY=VALUE for each variable; KEY alone removes one.
func variablesOf(text string) (variables []map[string]any, wrong release.Problems) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, value, set := strings.Cut(line, "=")
		if name == "" {
			wrong = append(wrong, release.Problem{Field: "variables", Message: "must be lines of KEY=VALUE, or KEY alone to remove one"})
			continue
		}
		if set {
			variables = append(variables, map[string]any{"name": name, "value": value})
		} else {
			variables = append(variables, map[string]any{"name": name, "remove": true})
		}
	}
	return variables, wrong
}
