package sae

import (
	"context"
	"regexp"
	"strings"

	"go.temporal.io/sdk/activity"

	"slipway/activities/cloud"
	"slipway/release"
	"slipway/saeclient"
)

// stages are those of the batch that is at work, or in which the change has failed (SAE API reference ch. 14.6). People read
// them: a change that cannot be asked for its stages is followed without.
func (d *Driver) stages(ctx context.Context, o saeclient.DescribeChangeOrderData, seen release.Observation) []release.Stage {
	if !worthStages(seen.State, int(activity.GetInfo(ctx).Attempt)) || o.CurrentPipelineID == "" {
		return nil
	}
	out, err := d.client.DescribePipeline(ctx, &saeclient.DescribePipelineInput{PipelineID: o.CurrentPipelineID})
	if err != nil {
		return nil
	}
	var stages []release.Stage
	for _, stage := range out.Data.StageList {
		if len(stage.TaskList) == 0 {
			stages = append(stages, release.Stage{Batch: seen.Batch, Name: stage.StageName, State: batchState(stage.Status)})
		}
		for _, task := range stage.TaskList {
			stages = append(stages, release.Stage{
				Batch: seen.Batch, Name: stage.StageName + ": " + task.TaskName, State: batchState(task.Status), Message: taskMessage(task),
			})
		}
	}
	return release.BoundedStages(stages)
}

// worthStages reports whether a change is asked for its stages in a look: once it has failed, and of one at work when it takes so
// long that looks have become rarer. An account may have no more than a call a second, and a batch that takes half a minute
// tells nothing new by its stages.
func worthStages(s release.ChangeState, attempt int) bool {
	return s.Broken() || s == release.ChangeRunning && release.LookDelay(s, attempt) > release.LookDelay(s, 1)
}

// markup is what SAE may put into the text of a failure.
var markup = regexp.MustCompile(`<[^<>]*>`)

// taskMessage is what a task says of itself, with the code of its failure.
func taskMessage(task saeclient.DescribePipelineDataStageListTaskList) string {
	text := task.Message
	if task.ErrorMessage != "" {
		text = strings.Join(strings.Fields(markup.ReplaceAllString(task.ErrorMessage, " ")), " ")
	}
	if !strings.HasPrefix(text, task.ErrorCode) {
		text = strings.TrimSpace(task.ErrorCode + " " + text)
	}
	return cloud.WithoutSecrets(text)
}
