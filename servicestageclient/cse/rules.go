package cse

import "slipway/internal/clientrt"

func (in *CreateEngineInput) rules(r *clientrt.Request) {
	if in.Name == "default" {
		r.Fail("name", "is reserved")
	}
}
