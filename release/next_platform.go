package release

// What is done with an application's own platform, by its traits. This file is the only one here that knows what a platform
// calls that.

// showApp is how a person looks at an application.
func (p Progress) showApp() NextStep {
	s := NextStep{Verb: NextShowApp, Does: "look at the application in the platform's console", Needed: true}
	if traits, _ := TraitsOf(p.App.Platform); traits.showApp != nil {
		traits.showApp(p, &s)
	}
	return s
}

// changeSteps are how a person looks at a change of the application, and ends it: with the commands
// that call the application's platform, where there are some, and else in words. Where somebody is needed they look; ending it is
// needed only of the release's own change, because nobody here knows whether another one is wanted.
func (p Progress) changeSteps(id string, somebody bool) []NextStep {
	look := NextStep{Verb: NextShowChange, Does: "shows what change " + id + " waits for, and how far it is"}
	end := NextStep{Verb: NextEndChange, Does: "ends it where it stands; whoever has begun it may want it"}
	if id == p.ChangeID {
		end.Does = "ends it where it stands, if it has not ended; look first what runs"
	}
	look.Needed, end.Needed = somebody, somebody && id == p.ChangeID
	if traits, _ := TraitsOf(p.App.Platform); traits.changeSteps != nil {
		traits.changeSteps(p, id, &look, &end)
	} else {
		look.Does, end.Does = "look at change "+id+" in the platform's console", "end it there, unless it is still wanted"
	}
	return []NextStep{look, end}
}

func (p Progress) showAppOnSAE(s *NextStep) {
	s.Command = "slipway api sae DescribeApplicationStatus AppId=" + word(p.App.ID) + " --sae-region " + word(p.App.Region)
	s.Does = "shows how the application stands; its console shows which version runs"
}

func (p Progress) changeStepsOnSAE(id string, look, end *NextStep) {
	of := " ChangeOrderId=" + word(id) + " --sae-region " + word(p.App.Region)
	look.Command, end.Command = "slipway api sae DescribeChangeOrder"+of, "slipway api sae AbortChangeOrder"+of
}

func (p Progress) showAppOnFC(s *NextStep) {
	s.Command = "slipway api fc GetAlias" + p.alias()
	s.Does = "shows which version serves, and which share of the traffic another one gets"
}

func (p Progress) changeStepsOnFC(id string, look, end *NextStep) {
	p.showAppOnFC(look)
	end.Command = "slipway api fc UpdateAlias" + p.alias() + " versionId=VERSION 'additionalVersionWeight={}'"
	end.Does = "gives all of the traffic to the version that is named; whoever has begun to shift it may want otherwise"
	if id == p.ChangeID {
		end.Does = "gives all of the traffic to the version that is named, before or new; look first which one serves"
	}
}

// alias are the words that name the alias of a service of Function Compute.
func (p Progress) alias() string {
	app := p.App.WithDefaults()
	return " serviceName=" + word(app.ID) + " aliasName=" + word(app.Qualifier) + " --fc-region " + word(app.Region)
}

func (p Progress) showAppOnServiceStage(s *NextStep) {
	s.Command = "slipway api servicestage ListComponents limit=100 --servicestage-region " + word(p.App.Region)
	s.Does = "shows the components with their versions and states, and the application of each"
}

func (p Progress) changeStepsOnServiceStage(id string, look, end *NextStep) {
	look.Command = "slipway api servicestage GetJob job_id=" + word(id) + " --servicestage-region " + word(p.App.Region)
	look.Does = "shows which tasks of job " + id + " are done"
	end.Does = "no job can be stopped: wait for its end, and where a gray release waits, end it in the platform's console"
}
