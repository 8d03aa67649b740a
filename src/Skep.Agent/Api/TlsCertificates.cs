using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Skep.Bpf;

namespace Skep.Agent.Api;

/// <summary>The certificates that TCP needs.</summary>
static class TlsCertificates
{
    public static X509Certificate2 Load(ApiOptions options) => Read($"{options.CertificateFile} and {options.KeyFile}", () =>
    {
        if (options.CertificateFile.Length == 0 || options.KeyFile.Length == 0) throw new IOException("TCP needs a certificate and its key: --tls-cert-file and --tls-key-file");
        return X509Certificate2.CreateFromPemFile(options.CertificateFile, options.KeyFile);
    });

    public static X509Certificate2Collection LoadAuthorities(ApiOptions options) => Read(options.ClientAuthorityFile, () =>
    {
        if (options.ClientAuthorityFile.Length == 0) throw new IOException("TCP is for clients with a certificate: name who may sign them with --tls-client-ca-files");
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(options.ClientAuthorityFile);
        return authorities.Count > 0 ? authorities : throw new IOException("there is no certificate in it");
    });

    /// <summary>Whether one of the authorities has signed it, and it is valid today.</summary>
    public static bool IsTrusted(X509Certificate2 client, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2")); // RFC 5280: id-kp-clientAuth
        return chain.Build(client);
    }

    static T Read<T>(string what, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or TypeInitializationException or DllNotFoundException)
        {
            throw new BpfException($"TLS: {(what.Length > 5 ? $"{what}: " : "")}{error.Message}", error);
        }
    }
}
