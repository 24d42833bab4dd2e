package cli

import (
	"context"
	"errors"

	"slipway/apps"
	"slipway/internal/documents"
	"slipway/release"
)

// ofPlatform is what of a scope can be checked before its names are looked up.
func ofPlatform(s release.Scope) release.Scope {
	if s.ByName() {
		return release.Scope{}
	}
	return s
}

// scopeOf looks up what the names of a scope stand for.
func (c *call) scopeOf(ctx context.Context, s release.Scope) (release.Scope, error) {
	if !s.ByName() {
		return s, nil
	}
	js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway app")
	if err != nil {
		return s, err
	}
	defer closeNATS()
	s, err = apps.NewStore(js).Fill(ctx, s)
	_, unknown := errors.AsType[*documents.UnknownError](err)
	problem, wrong := errors.AsType[release.Problem](err)
	switch {
	case wrong:
		return s, &usageError{"--scope: " + problem.Message}
	case unknown:
		return s, &usageError{"--scope: " + err.Error()}
	}
	return s, err
}
