package apps

import (
	"fmt"
	"slices"
	"time"

	"slipway/release"
)

// MaxBake is the longest bake time of a promotion.
const MaxBake = 30 * 24 * time.Hour

// Promotion says that what a release has Succeeded with in one environment may be promoted to a later one.
type Promotion struct {
	// From and To are names of environments, To one that comes after From. Each environment gets what is
	// promoted from one other at most.
	From string `json:"from"`
	To   string `json:"to"`
	// After is the bake time: how long a release must have been over in From; zero asks for none.
	After release.Duration `json:"after,omitzero"`
	// Auto promotes without anybody asking for it, once the bake time is over.
	Auto bool `json:"auto,omitempty"`
}

// PromotionTo returns how an environment gets what is promoted; false where nothing is promoted to it.
func (a Application) PromotionTo(environment string) (Promotion, bool) {
	i := slices.IndexFunc(a.Promotion, func(p Promotion) bool { return p.To == environment })
	if i < 0 {
		return Promotion{}, false
	}
	return a.Promotion[i], true
}

// PromotesItself reports whether releases of an environment are promoted without anybody asking for it.
func (a Application) PromotesItself(environment string) bool {
	return slices.ContainsFunc(a.Promotion, func(p Promotion) bool { return p.From == environment && p.Auto })
}

// promotion checks the promotions of a document.
func (v *validator) promotion(a Application) {
	names := a.Names()
	v.check(len(a.Promotion) < MaxEnvironments, "promotion", "has %d entries; at most %d are taken", len(a.Promotion), MaxEnvironments-1)
	for i, p := range a.Promotion[:min(len(a.Promotion), MaxEnvironments)] {
		at := fmt.Sprintf("promotion[%d]", i)
		from, to := slices.Index(names, p.From), slices.Index(names, p.To)
		v.check(from >= 0, at+".from", "%.*q is no environment of the document%s", release.MaxID, p.From, release.DidYouMean(p.From, names))
		v.check(to >= 0, at+".to", "%.*q is no environment of the document%s", release.MaxID, p.To, release.DidYouMean(p.To, names))
		v.check(from < 0 || to < 0 || from < to, at+".to", "must come after %s: the environments stand in the order of promotion", p.From)
		for j, before := range a.Promotion[:i] {
			v.check(before.To != p.To || p.To == "", at+".to", "%s is that of promotion[%d] already; an environment gets what is promoted from one other", p.To, j)
		}
		v.check(p.After >= 0 && p.After.Std() <= MaxBake, at+".after", "must be between 0s and %s", release.Duration(MaxBake))
	}
}
