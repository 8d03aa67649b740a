using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Skep.Bpf;

namespace Skep.Agent.Metrics;

/// <summary>Serves <c>/metrics</c> and <c>/healthz</c> over HTTP. Reading only: there is nothing here that somebody could change.</summary>
sealed class MetricsServer : IDisposable
{
    const int MostConnections = 64;

    /// <summary>Measuring takes time of the engine's thread: who asks more often gets the same again.</summary>
    static readonly TimeSpan s_age = TimeSpan.FromSeconds(1), s_patience = TimeSpan.FromSeconds(5);

    readonly AgentControl _control;
    readonly SemaphoreSlim _measuring = new(1, 1);
    WebApplication? _application;
    byte[] _page = [];
    long _measured;

    MetricsServer(AgentControl control) => _control = control;

    /// <summary>Starts serving.</summary>
    /// <exception cref="BpfException">The address cannot be had; the message says why.</exception>
    public static MetricsServer Start(IPEndPoint address, AgentControl control)
    {
        var server = new MetricsServer(control);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.RequestHeadersTimeout = s_patience;
            kestrel.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var application = builder.Build();
        application.Run(server.Answer);
        try
        {
            application.StartAsync().GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            ((IDisposable)application).Dispose();
            throw new BpfException($"metrics cannot be served on {address}: {error.Message}", error);
        }
        server._application = application;
        return server;
    }

    public void Dispose()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            _application?.StopAsync(limit.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // Someone was cut off.
        }
        ((IDisposable?)_application)?.Dispose();
        _measuring.Dispose();
    }

    async Task Answer(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.Headers.Allow = "GET, HEAD";
            await Write(context, StatusCodes.Status405MethodNotAllowed, "text/plain", "only GET and HEAD\n"u8.ToArray());
            return;
        }
        switch (request.Path.Value)
        {
            case "/metrics":
                if (await Measure() is { } page) await Write(context, StatusCodes.Status200OK, "text/plain; version=0.0.4; charset=utf-8", page);
                else await Write(context, StatusCodes.Status503ServiceUnavailable, "text/plain", "the engine does not answer\n"u8.ToArray());
                break;
            case "/healthz":
                // The engine's own thread answers: one that hangs is not well.
                if (await Within(() => _control.Ask(_ => true))) await Write(context, StatusCodes.Status200OK, "text/plain", "ok\n"u8.ToArray());
                else await Write(context, StatusCodes.Status503ServiceUnavailable, "text/plain", "the engine does not answer\n"u8.ToArray());
                break;
            default:
                await Write(context, StatusCodes.Status404NotFound, "text/plain", "there are /metrics and /healthz\n"u8.ToArray());
                break;
        }
    }

    static async Task Write(HttpContext context, int status, string type, byte[] body)
    {
        var response = context.Response;
        (response.StatusCode, response.ContentType, response.ContentLength) = (status, type, body.Length);
        if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(body, context.RequestAborted);
    }

    async Task<byte[]?> Measure()
    {
        if (!await _measuring.WaitAsync(s_patience)) return null;
        try
        {
            if (_page.Length > 0 && Stopwatch.GetElapsedTime(_measured) < s_age) return _page;
            AgentSnapshot? snapshot = null;
            if (!await Within(async () => snapshot = await _control.Observe())) return null;
            (_page, _measured) = (Encoding.UTF8.GetBytes(AgentMetrics.Write(snapshot!)), Stopwatch.GetTimestamp());
            return _page;
        }
        finally
        {
            _measuring.Release();
        }
    }

    static async Task<bool> Within(Func<Task> ask)
    {
        try
        {
            await ask().WaitAsync(s_patience);
            return true;
        }
        catch (Exception error) when (error is TimeoutException or ObjectDisposedException)
        {
            // The latter when the agent is about to end.
            return false;
        }
    }
}
