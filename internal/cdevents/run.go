package cdevents

import (
	"github.com/package-url/packageurl-go"
)

// The types of the events of a pipeline run, and of a service, as they are written.
const (
	TypePipelineRunQueued   = "dev.cdevents.pipelinerun.queued.0.3.0"
	TypePipelineRunStarted  = "dev.cdevents.pipelinerun.started.0.3.0"
	TypePipelineRunFinished = "dev.cdevents.pipelinerun.finished.0.3.0"
	TypeServiceDeployed     = "dev.cdevents.service.deployed.0.3.0"
	TypeServiceUpgraded     = "dev.cdevents.service.upgraded.0.3.0"
	TypeServiceRolledBack   = "dev.cdevents.service.rolledback.0.3.0"
)

// PipelineRun is the content of an event of a pipeline run.
type PipelineRun struct {
	PipelineName string `json:"pipelineName"`
	URI          string `json:"uri"`
	// Outcome, and Errors where it is not [OutcomeSuccess], are those of a run that has finished.
	Outcome Outcome `json:"outcome,omitempty"`
	Errors  string  `json:"errors,omitempty"`
}

// Outcome is how a pipeline run has ended.
type Outcome string

// The outcomes.
const (
	OutcomeSuccess Outcome = "success"
	OutcomeFailure Outcome = "failure"
	OutcomeError   Outcome = "error"
	OutcomeCancel  Outcome = "cancel"
)

// Service is the content of an event of a service.
type Service struct {
	Environment Reference `json:"environment"`
	// ArtifactID is the package URL of what the service runs.
	ArtifactID string `json:"artifactId"`
}

// Reference names a subject of another event.
type Reference struct {
	ID     string `json:"id"`
	Source string `json:"source,omitempty"`
}

// The types and kinds of links.
const (
	LinkPath     = "PATH"
	LinkRelation = "RELATION"
	LinkEnd      = "END"

	KindTrigger   = "TRIGGER"
	KindPromotion = "PROMOTION"
	KindRetry     = "RETRY"
)

// PackageURL is the package URL of what is no image: a file of a name and a version at an address, each of which may be
// empty but for the name.
func PackageURL(name, version, address string) string {
	qualifiers := map[string]string{}
	if address != "" {
		qualifiers["download_url"] = address
	}
	return packageurl.NewPackageURL(packageurl.TypeGeneric, "", name, version, packageurl.QualifiersFromMap(qualifiers), "").String()
}
