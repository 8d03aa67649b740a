using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net.Sockets;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Skep.Bpf;

namespace Skep.Agent.Api;

/// <summary>Serves the agent's API: on a unix socket for its owner, and on TCP for clients whose certificate is trusted.</summary>
sealed class ApiServer : IDisposable
{
    /// <summary>Largest request: a file of policies.</summary>
    const int LargestMessage = 16 * 1024 * 1024;

    readonly WebApplication _application;
    readonly ServerObserver _observer;
    readonly string? _socket;

    ApiServer(WebApplication application, ServerObserver observer, string? socket) => (_application, _observer, _socket) = (application, observer, socket);

    /// <summary>Starts serving; null when nothing is to be served.</summary>
    /// <exception cref="BpfException">The socket or the address cannot be had, or a certificate not be read; the message says which and why.</exception>
    public static ApiServer? Start(ApiOptions options, AgentControl control, MessageLog messages)
    {
        if (!options.IsWanted) return null;
        if (options.Socket is { } socket) Prepare(socket);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options, new ConnectionGuard(control.Api, messages, options.Patience)));
        if (options.Address is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.AddMetrics();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = LargestMessage;
            grpc.EnableDetailedErrors = false;
        });
        builder.Services.AddSingleton(control);
        builder.Services.AddSingleton(messages);
        builder.Services.AddSingleton(new ApiErrors(control.Api, messages));
        builder.Services.AddSingleton(new StreamLimit(options.MaxStreams));
        builder.Services.AddSingleton<SensorsService>();
        builder.Services.AddSingleton<AgentService>();
        builder.Services.AddSingleton<ExportFileService>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<SensorsService>, SensorsMethods>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<AgentService>, AgentMethods>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<ExportFileService>, ExportFileMethods>());
        // Calls see the end at once: streams would hold it up.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var application = builder.Build();
        var observer = new ServerObserver(control.Api, application.Services.GetService<IMeterFactory>());
        application.Use(next => context => Count(context, next, control.Api, messages));
        application.UseRouting();
        application.MapGrpcService<SensorsService>();
        application.MapGrpcService<AgentService>();
        application.MapGrpcService<ExportFileService>();
        try
        {
            application.StartAsync().GetAwaiter().GetResult();
            // Bound by now; before that only the directory's rights hold.
            if (options.Socket is { } path) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        catch (Exception error)
        {
            observer.Dispose();
            ((IDisposable)application).Dispose();
            if (error is IOException or SocketException or UnauthorizedAccessException) throw new BpfException($"the API cannot be served on {Places(options)}: {error.Message}", error);
            throw;
        }
        return new ApiServer(application, observer, options.Socket);
    }

    /// <summary>Counts a call by how it ended, whoever ended it: the server refuses some before any method sees them.</summary>
    static async Task Count(HttpContext context, RequestDelegate next, ApiCounters counters, MessageLog messages)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var status = StatusOf(context);
            counters.EndCall(failed: status is not (StatusCode.OK or StatusCode.Cancelled));
            if (status == StatusCode.ResourceExhausted) counters.Refuse(ApiRefusal.TooMuch);
            if (status == StatusCode.Unimplemented) counters.Refuse(ApiRefusal.Unknown);
            if (messages.IsVerbose) messages.Detail($"skep: API: {context.Request.Path} {status} after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:f1} ms");
        }
    }

    static StatusCode StatusOf(HttpContext context)
    {
        const string Name = "grpc-status";
        var text = context.Response.Headers[Name].ToString();
        if (text.Length == 0) text = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers[Name].ToString() ?? "";
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? (StatusCode)number
            : context.RequestAborted.IsCancellationRequested ? StatusCode.Cancelled
            : StatusCode.Unimplemented;
    }

    public void Dispose()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            _application.StopAsync(limit.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // Streams were cut off.
        }
        ((IDisposable)_application).Dispose();
        _observer.Dispose();
        if (_socket is not null) File.Delete(_socket);
    }

    static void Configure(KestrelServerOptions kestrel, ApiOptions options, ConnectionGuard guard)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MaxRequestBodySize = LargestMessage + 1024;
        kestrel.Limits.RequestHeadersTimeout = options.Patience;
        // Who does not read is told what it lost: its queue is bounded, and whether it lives the pings below tell.
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.Http2.MaxStreamsPerConnection = options.MaxStreams + 16;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        if (options.Socket is { } socket)
        {
            kestrel.ListenUnixSocket(socket, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.Use(guard.OfSocket);
            });
        }
        if (options.Address is { } address)
        {
            var certificate = TlsCertificates.Load(options);
            var authorities = TlsCertificates.LoadAuthorities(options);
            kestrel.Listen(address, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = certificate;
                    https.HandshakeTimeout = options.Patience;
                    https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                    https.ClientCertificateValidation = (client, _, _) => TlsCertificates.IsTrusted(client, authorities);
                });
                listen.Use(guard.OfTls);
            });
        }
    }

    /// <summary>A socket that nobody listens on is left over from an agent that was killed; one that answers is another agent's.</summary>
    static void Prepare(string socket)
    {
        try
        {
            var directory = Path.GetDirectoryName(Path.GetFullPath(socket))!;
            if (!Directory.Exists(directory)) Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            if (!File.Exists(socket)) return;
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                probe.Connect(new UnixDomainSocketEndPoint(socket));
            }
            catch (SocketException)
            {
                File.Delete(socket);
                return;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BpfException($"the API's socket {socket} cannot be made: {error.Message}", error);
        }
        throw new BpfException($"another agent serves {socket}; stop it, or choose another one with --server-address");
    }

    static string Places(ApiOptions options) => string.Join(" and ", new[] { options.Socket, options.Address?.ToString() }.OfType<string>());
}
