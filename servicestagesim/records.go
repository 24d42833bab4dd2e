package servicestagesim

import "slices"

// recordView is a release record in an answer.
type recordView struct {
	Begun       string          `json:"begin_time"`
	Ended       *string         `json:"end_time"`
	Description *string         `json:"description"`
	InstanceID  string          `json:"instance_id"`
	Version     string          `json:"version"`
	Current     bool            `json:"current_used"`
	Status      string          `json:"status"`
	Type        string          `json:"deploy_type"`
	Jobs        []recordJobView `json:"jobs"`
}

type recordJobView struct {
	Sequence int           `json:"sequence"`
	Type     string        `json:"deploy_type"`
	ID       string        `json:"job_id"`
	Info     recordJobInfo `json:"job_info"`
}

type recordJobInfo struct {
	Type         string `json:"deploy_type"`
	SourceURL    string `json:"source_url"`
	FirstWeight  int    `json:"first_batch_weight"`
	FirstReplica int    `json:"first_batch_replica"`
	Replica      int    `json:"replica"`
	Remaining    int    `json:"remaining_batch"`
}

func (r *release) show(id string) recordView {
	shown := recordView{
		Begun: stamp(r.Begun), InstanceID: id, Version: r.Version, Current: r.Current, Status: r.Status, Type: r.Type, Jobs: []recordJobView{},
	}
	if !r.Ended.IsZero() {
		ended := stamp(r.Ended)
		shown.Ended = &ended
	}
	for i, j := range r.Jobs {
		shown.Jobs = append(shown.Jobs, recordJobView{
			Sequence: i + 1, Type: j.Type, ID: j.ID,
			Info: recordJobInfo{j.Type, r.Spec.Source.URL, j.FirstWeight, j.FirstReplica, j.Replica, j.Remaining},
		})
	}
	return shown
}

// listComponentRecords serves ListComponentRecords.
func listComponentRecords(c *call) (reply, *apiError) {
	of, refused := c.component()
	if refused != nil {
		return reply{}, refused
	}
	records := slices.Clone(of.Releases) // oldest first
	if c.query.Get("order") != "asc" {
		slices.Reverse(records)
	}
	cut, refused := page(c, records)
	if refused != nil {
		return reply{}, refused
	}
	shown := views(cut, func(r *release) recordView { return r.show(of.ID) })
	return reply{body: map[string]any{"count": len(records), "records": shown}}, nil
}
