package servicestagesim

// applicationView2 is an application in an answer of version 2.
type applicationView2 struct {
	ID                string  `json:"id"`
	Name              string  `json:"name"`
	Description       string  `json:"description"`
	Creator           string  `json:"creator"`
	ProjectID         string  `json:"project_id"`
	EnterpriseProject string  `json:"enterprise_project_id"`
	Created           int64   `json:"create_time"`
	Updated           int64   `json:"update_time"`
	UnifiedModel      *string `json:"unified_model"`
	Components        int     `json:"component_count"`
}

func (c *call) showApplication2(a *application) applicationView2 {
	return applicationView2{
		ID: a.ID, Name: a.Name, Description: a.Description, Creator: a.Creator, ProjectID: c.config.ProjectID, EnterpriseProject: a.EnterpriseProject,
		Created: millis(a.Created), Updated: millis(a.Updated), Components: len(c.blueprints(a.ID)),
	}
}

// as2 is an operation of version 3 whose answer is an application, with the answer of version 2.
func as2(serve handler) handler {
	return func(c *call) (reply, *apiError) {
		answer, refused := serve(c)
		if view, ok := answer.body.(applicationView); ok && refused == nil {
			answer.body = c.showApplication2(c.st.Applications[view.ID])
		}
		return answer, refused
	}
}

// listApplications2 serves listApplicationsV2.
func listApplications2(c *call) (reply, *apiError) {
	views, count, refused := shown2(c, wanted(c.st.Applications, all[*application]), c.showApplication2)
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]any{"count": count, "applications": views}}, nil
}
