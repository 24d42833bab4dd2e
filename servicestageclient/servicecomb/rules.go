package servicecomb

import "slipway/internal/clientrt"

// rules: the reference prints all parameters as required, and says of each what it is for.
func (in *CheckMicroserviceExistenceInput) rules(r *clientrt.Request) {
	required := func(name string, value *string) {
		if clientrt.ValueOf(value) == "" {
			r.Fail(name, "is required for the type %s", in.Type)
		}
	}
	switch in.Type {
	case "microservice":
		required("appId", in.AppID)
		required("serviceName", in.ServiceName)
		required("version", in.Version)
	case "schema":
		required("serviceId", in.ServiceID)
		required("schemaId", in.SchemaID)
	}
}
