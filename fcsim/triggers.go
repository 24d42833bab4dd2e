package fcsim

import (
	"encoding/json"
	"time"
)

// trigger is what calls a function.
type trigger struct {
	ID       string `json:"id"`
	Function string `json:"function"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	// Qualifier is the version or alias that it calls; empty means LATEST.
	Qualifier string    `json:"qualifier,omitempty"`
	Config    document  `json:"config"`
	Created   time.Time `json:"created"`
	Modified  time.Time `json:"modified"`
	ETag      string    `json:"etag"`
}

// key is where a service files the trigger.
func (t *trigger) key() string { return t.Function + "/" + t.Name }

const triggerHTTP = "http"

// httpConfig is the configuration of an HTTP trigger.
type httpConfig struct {
	// AuthType is anonymous or function.
	AuthType string   `json:"authType"`
	Methods  []string `json:"methods"`
}

// hasTriggers reports whether a function has any trigger.
func (v *service) hasTriggers(function string) bool {
	for _, t := range v.Triggers {
		if t.Function == function {
			return true
		}
	}
	return false
}

// httpTrigger finds the HTTP trigger of a function for a qualifier.
func (v *service) httpTrigger(function, qualifier string) (httpConfig, bool) {
	for _, t := range sortedValues(v.Triggers) {
		if t.Function != function || t.Type != triggerHTTP || t.Qualifier != qualifier {
			continue
		}
		var config httpConfig
		if err := json.Unmarshal(t.Config, &config); err == nil {
			return config, true
		}
	}
	return httpConfig{}, false
}
