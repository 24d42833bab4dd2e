package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"

	"slipway/api/schema"
)

// openapi is the description of the API, OpenAPI 3.1. What travels as the data of events has schemas of its own.
//
//go:embed openapi.json
var openapi []byte

// eventSchemas are the schemas of events that the description refers to by their $id, under the names that they have in it.
func eventSchemas() map[string]string {
	return map[string]string{
		"ReleaseProgress": schema.Event, "SetProgress": schema.SetEvent, "ReleaseRequest": schema.Request, "SetRequest": schema.SetRequest,
		"Command": schema.Command, "ApplicationSpec": schema.Application, "PolicySpec": schema.Policy,
	}
}

// describe is the description with the schemas that it refers to.
func describe() ([]byte, error) {
	var doc map[string]any
	if err := json.Unmarshal(openapi, &doc); err != nil {
		return nil, fmt.Errorf("openapi.json: %w", err)
	}
	components, _ := doc["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	for name, file := range eventSchemas() {
		data, err := schema.Files.ReadFile(file)
		if err != nil {
			return nil, err
		}
		schemas[name] = json.RawMessage(data)
	}
	return json.Marshal(doc)
}

// description answers with the description.
func (a *api) description(r *request) error {
	doc, err := describe()
	if err != nil {
		return err
	}
	return r.reply(http.StatusOK, json.RawMessage(doc))
}
