package v2

import "slipway/internal/clientrt"

// Limits of pages: what is no page size and not unlimited is taken for another one by the service.
const (
	mostOfPage = 100
	unlimited  = 1000
)

func (in *ListEnvironmentsV2Input) rules(r *clientrt.Request)      { checkLimit(r, in.Limit) }
func (in *ListApplicationsV2Input) rules(r *clientrt.Request)      { checkLimit(r, in.Limit) }
func (in *ListComponentsV2Input) rules(r *clientrt.Request)        { checkLimit(r, in.Limit) }
func (in *ListInstancesV2Input) rules(r *clientrt.Request)         { checkLimit(r, in.Limit) }
func (in *ListInstanceSnapshotsV2Input) rules(r *clientrt.Request) { checkLimit(r, in.Limit) }

// checkLimit: any other limit would be taken for 10.
func checkLimit(r *clientrt.Request, limit *int) {
	if limit != nil && *limit > mostOfPage && *limit != unlimited {
		r.Fail("limit", "must be at most %d, or %d for all at once", mostOfPage, unlimited)
	}
}

func (in *InstanceActionV2Input) rules(r *clientrt.Request) {
	p := in.Parameters
	if p == nil {
		p = new(ActionParameters)
	}
	switch in.Action {
	case "scale":
		if p.Replica == nil && len(p.Hosts) == 0 {
			r.Fail("parameters", "needs replica, or hosts for virtual machines, for the action scale")
		}
	case "rollback":
		if p.Version == "" {
			r.Fail("parameters.version", "is required for the action rollback")
		}
	}
}
