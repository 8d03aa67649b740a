using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Shouldly;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Agent.KernelTests.Lifecycle;
using Skep.Tetragon.Api;
using Xunit;

namespace Skep.Agent.KernelTests.Api;

/// <summary>Over TCP only those are served whose certificate is trusted.</summary>
[Collection("this kernel")]
[Trait("Kernel", "any")]
public sealed class TlsTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    [OpensslFact]
    public async Task Client_is_served_with_a_certificate_of_the_right_authority_only()
    {
        using var authority = Authority("right");
        using var other = Authority("other");
        using var server = Signed(authority, "127.0.0.1", "1.3.6.1.5.5.7.3.1");
        File.WriteAllText(_directory.File("ca.pem"), authority.ExportCertificatePem());
        File.WriteAllText(_directory.File("server.pem"), server.ExportCertificatePem());
        File.WriteAllText(_directory.File("server.key"), server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var address = $"127.0.0.1:{FreePort()}";
        string[] listen = ["--pin-directory", "none", "--server-address", address, "--tls-cert-file", _directory.File("server.pem"), "--tls-key-file", _directory.File("server.key")];
        var (code, messages) = AgentProcess.Run(listen);
        code.ShouldBe(1);
        messages.ShouldContain("--tls-client-ca-files");
        using var agent = AgentProcess.Start([.. listen, "--tls-client-ca-files", _directory.File("ca.pem")]);

        using var mine = Signed(authority, "client", "1.3.6.1.5.5.7.3.2");
        using var theirs = Signed(other, "client", "1.3.6.1.5.5.7.3.2");
        (await Ask(address, mine)).ShouldNotBeEmpty();
        await Should.ThrowAsync<RpcException>(() => Ask(address, theirs));
        await Should.ThrowAsync<RpcException>(() => Ask(address, null));
        (await Ask(address, mine)).ShouldNotBeEmpty();
    }

    public void Dispose() => _directory.Dispose();

    static async Task<string> Ask(string address, X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, server, _, _) => server!.Subject == "CN=127.0.0.1" } };
        if (certificate is not null) handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        using var channel = GrpcChannel.ForAddress($"https://{address}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        return (await new FineGuidanceSensors.FineGuidanceSensorsClient(channel).GetVersionAsync(new GetVersionRequest())).Version;
    }

    static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    static X509Certificate2 Signed(X509Certificate2 authority, string name, string purpose)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        using var signed = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(12), Guid.NewGuid().ToByteArray());
        return signed.CopyWithPrivateKey(key);
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
