package servicestagesim

import (
	"net/http"
	"slices"

	"slipway/internal/simframe"
)

// schemaText is the text of an API schema.
type schemaText struct {
	Schema  string `json:"schema"`
	Summary string `json:"summary"`
}

// schema finds the schema that the path names.
func (c *call) schema() (*microservice, schemaText, *apiError) {
	m, refused := c.microservice(c.params["service_id"])
	if refused != nil {
		return nil, schemaText{}, refused
	}
	id := c.params["schema_id"]
	if text, found := m.Texts[id]; found {
		return m, text, nil
	}
	return nil, schemaText{}, refusef(codeSchemaNotFound, "%s has no schema %q", m.Definition.ServiceName, simframe.Shorten(id))
}

func summaryHeader(text schemaText) http.Header {
	return http.Header{"X-Schema-Summary": {text.Summary}}
}

// getMicroserviceSchema serves the operation of that name.
func getMicroserviceSchema(c *call) (reply, *apiError) {
	_, text, refused := c.schema()
	if refused != nil {
		return reply{}, refused
	}
	return reply{header: summaryHeader(text), body: struct {
		Schema string `json:"schema"`
	}{text.Schema}}, nil
}

// updateMicroserviceSchema serves the operation of that name. In production a schema that the service declared may get
// its text once; elsewhere schemas may be added and changed.
func updateMicroserviceSchema(c *call) (reply, *apiError) {
	m, refused := c.microservice(c.params["service_id"])
	if refused != nil {
		return reply{}, refused
	}
	id := c.params["schema_id"]
	var in schemaText
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(in.Schema != "", "schema must be given")
	k.length("schema_id", id, 160)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if in.Summary == "" {
		in.Summary = hexDigest(in.Schema)
	}
	d := &m.Definition
	declared, there := slices.Contains(d.Schemas, id), m.Texts[id]
	switch {
	case d.Environment == "production" && !declared:
		return reply{}, refusef(codeSchemaUndefined, "%s did not declare %q", d.ServiceName, simframe.Shorten(id))
	case d.Environment == "production" && there.Schema != "" && there != in:
		return reply{}, refusef(codeSchemaFrozen, "%s is in production", d.ServiceName)
	case !declared:
		d.Schemas = append(d.Schemas, id)
	}
	m.Texts[id], d.ModTimestamp = in, stampSeconds(c.now)
	return reply{status: http.StatusOK}, nil
}

// listMicroserviceSchemas serves the operation of that name: those that were declared, with their texts if asked for.
func listMicroserviceSchemas(c *call) (reply, *apiError) {
	m, refused := c.microservice(c.params["service_id"])
	if refused != nil {
		return reply{}, refused
	}
	with := c.query.Get("withSchema")
	k := c.checker()
	k.oneOf("the parameter withSchema", with, []string{"0", "1"})
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	type schemaBody struct {
		SchemaID string `json:"schemaId"`
		Schema   string `json:"schema,omitempty"`
		Summary  string `json:"summary,omitempty"`
	}
	schemas := []schemaBody{}
	for _, id := range m.Definition.Schemas {
		body := schemaBody{SchemaID: id, Summary: m.Texts[id].Summary}
		if with == "1" {
			body.Schema = m.Texts[id].Schema
		}
		schemas = append(schemas, body)
	}
	return reply{body: struct {
		Schemas []schemaBody `json:"schemas"`
	}{schemas}}, nil
}

// schemaExistence answers checkMicroserviceExistence for a schema.
func (c *call) schemaExistence() (reply, *apiError) {
	m, refused := c.microservice(c.query.Get("serviceId"))
	if refused != nil {
		return reply{}, refused
	}
	id := c.query.Get("schemaId")
	text, found := m.Texts[id]
	if !found {
		return reply{}, refusef(codeSchemaNotFound, "%s has no schema %q", m.Definition.ServiceName, simframe.Shorten(id))
	}
	return reply{header: summaryHeader(text), body: struct {
		SchemaID string `json:"schemaId"`
	}{id}}, nil
}
