using Grpc.AspNetCore.Server.Model;
using Skep.Tetragon.Api;

namespace Skep.Agent.Api;

/// <summary>The methods of Tetragon's service.</summary>
sealed class SensorsMethods(ApiErrors errors) : IServiceMethodProvider<SensorsService>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<SensorsService> context)
    {
        var methods = new ServiceMethods<SensorsService>(context, FineGuidanceSensors.Descriptor.FullName, errors);
        methods.Stream("GetEvents", GetEventsRequest.Parser, (service, request, stream, call) => service.GetEvents(request, stream, call));
        methods.Unary("GetHealth", GetHealthStatusRequest.Parser, (service, request, _) => service.GetHealth(request));
        methods.Unary("AddTracingPolicy", AddTracingPolicyRequest.Parser, (service, request, _) => service.AddTracingPolicy(request));
        methods.Unary("DeleteTracingPolicy", DeleteTracingPolicyRequest.Parser, (service, request, _) => service.DeleteTracingPolicy(request));
        methods.Unary("ListTracingPolicies", ListTracingPoliciesRequest.Parser, (service, request, _) => service.ListTracingPolicies(request));
        methods.Unary("ConfigureTracingPolicy", ConfigureTracingPolicyRequest.Parser, (service, request, _) => service.ConfigureTracingPolicy(request));
        methods.Unary("EnableTracingPolicy", EnableTracingPolicyRequest.Parser, (service, request, _) => service.EnableTracingPolicy(request));
        methods.Unary("DisableTracingPolicy", DisableTracingPolicyRequest.Parser, (service, request, _) => service.DisableTracingPolicy(request));
        methods.Unary("ListSensors", ListSensorsRequest.Parser, (service, _, _) => service.ListSensors());
        methods.Unary("ListDomains", ListDomainsRequest.Parser, (service, _, _) => service.ListDomains());
        methods.Unary("GetVersion", GetVersionRequest.Parser, (_, _, _) => SensorsService.GetVersion());
        methods.Unary("GetInfo", GetInfoRequest.Parser, (_, _, _) => SensorsService.GetInfo());
        methods.Unary("GetDebug", GetDebugRequest.Parser, (service, request, _) => service.GetDebug(request));
        methods.Unary("SetDebug", SetDebugRequest.Parser, (service, request, _) => service.SetDebug(request));
        methods.Unary("RuntimeHook", RuntimeHookRequest.Parser, (service, request, _) => service.RuntimeHook(request));
    }
}
