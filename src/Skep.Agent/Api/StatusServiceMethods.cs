using Grpc.AspNetCore.Server.Model;
using Skep.Tetragon.Api;

namespace Skep.Agent.Api;

/// <summary>The methods of <see cref="StatusService"/>.</summary>
sealed class StatusServiceMethods(ApiErrors errors) : IServiceMethodProvider<StatusService>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<StatusService> context) =>
        new ServiceMethods<StatusService>(context, StatusReports.Descriptor.FullName, errors).Unary("GetStatus", GetStatusRequest.Parser, (service, _, _) => service.GetStatus());
}
