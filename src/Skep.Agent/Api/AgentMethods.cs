using Grpc.AspNetCore.Server.Model;
using Skep.Tetragon.Api;

namespace Skep.Agent.Api;

/// <summary>The methods of Skep's own service.</summary>
sealed class AgentMethods(ApiErrors errors) : IServiceMethodProvider<AgentService>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<AgentService> context)
    {
        var methods = new ServiceMethods<AgentService>(context, Tetragon.Api.Agent.Descriptor.FullName, errors);
        methods.Unary("GetStatus", GetStatusRequest.Parser, (service, _, _) => service.GetStatus());
        methods.Unary("GetTree", GetTreeRequest.Parser, (service, request, _) => service.GetTree(request));
        methods.Unary("GetPolicyStatistics", GetPolicyStatisticsRequest.Parser, (service, request, _) => service.GetPolicyStatistics(request));
        methods.Unary("GetDebugDump", GetDebugDumpRequest.Parser, (service, _, _) => service.GetDebugDump());
    }
}
