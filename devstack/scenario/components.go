package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"slipway/release"
	"slipway/servicestageclient"
)

// cluster is where the components of tests run; it is taken to exist.
const cluster = "1d3091a2-1ecf-11ee-ae69-0255ac1001ba"

// CreateComponent creates a component of ServiceStage that runs OldImage in Instances instances as version 1.0.0, with an
// environment and an application of its own, whose ID comes with it. Its job runs on.
func CreateComponent(ctx context.Context, c *servicestageclient.Client, name string) (app release.App, application string, err error) {
	app = release.App{Platform: release.PlatformServiceStage, Region: c.Region()}
	call := func(operation, member string, params map[string]string) string {
		if err != nil {
			return ""
		}
		var answer json.RawMessage
		if answer, err = c.Call(ctx, operation, params); err != nil {
			err = fmt.Errorf("scenario: %s: %w", operation, err)
			return ""
		}
		var members map[string]any
		err = json.Unmarshal(answer, &members)
		id, _ := members[member].(string)
		return id
	}
	environment := call("CreateEnvironment", "id", map[string]string{"name": name, "deploy_mode": "container", "vpc_id": "0c72428b-cd6c-4283-a560-210d3edb49f7"})
	call("ModifyEnvironmentResources", "", map[string]string{"environment_id": environment, "resources": `[{"id":"` + cluster + `","type":"cce","name":"cluster"}]`})
	application = call("CreateApplication", "id", map[string]string{"name": name})
	app.ID = call("CreateComponent", "component_id", map[string]string{
		"application_id": application, "environment_id": environment, "name": name, "version": "1.0.0", "replica": strconv.Itoa(Instances),
		"runtime_stack":   `{"name":"Docker","type":"Docker","version":"1","deploy_mode":"container"}`,
		"source":          `{"kind":"image","storage":"swr","url":"` + OldImage + `"}`,
		"refer_resources": `[{"id":"` + cluster + `","type":"cce","parameters":{"namespace":"default"}}]`,
	})
	return app, application, err
}
