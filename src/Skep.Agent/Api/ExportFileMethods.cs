using Grpc.AspNetCore.Server.Model;
using Skep.Tetragon.Api;

namespace Skep.Agent.Api;

/// <summary>The methods of <see cref="ExportFileService"/>.</summary>
sealed class ExportFileMethods(ApiErrors errors) : IServiceMethodProvider<ExportFileService>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<ExportFileService> context)
    {
        var methods = new ServiceMethods<ExportFileService>(context, EventLogService.Descriptor.FullName, errors);
        methods.Unary("GetEventLogParams", GetEventLogParamsRequest.Parser, (service, _, _) => service.Get());
        methods.Unary("SetEventLogParams", SetEventLogParamsRequest.Parser, (service, request, _) => service.Set(request));
    }
}
