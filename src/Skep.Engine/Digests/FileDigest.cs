namespace Skep.Engine.Digests;

/// <summary>Digests of files, as policies name them: <c>sha256:HEX</c>.</summary>
public static class FileDigest
{
    /// <summary>The algorithm that is none: the identity that the linker gave the file.</summary>
    public const string BuildId = "build-id";

    const int Piece = 1 << 16;

    /// <summary>What may stand before the colon, with the bytes of the digest; 0 for any number.</summary>
    public static IReadOnlyDictionary<string, int> Algorithms { get; } = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["sha1"] = 20, ["sha256"] = 32, ["sha384"] = 48, ["sha512"] = 64, [BuildId] = 0,
    };

    /// <summary>The algorithm of a digest.</summary>
    public static string AlgorithmOf(string digest)
    {
        ArgumentNullException.ThrowIfNull(digest);
        return digest.Split(':')[0].ToLowerInvariant();
    }

    /// <summary>A file's digest in lower case.</summary>
    public static string Of(string algorithm, string path)
    {
        using var file = File.OpenRead(path);
        var hash = Create(algorithm);
        var buffer = new byte[Piece];
        for (int count; (count = file.Read(buffer)) > 0;) hash.Append(buffer.AsSpan(0, count));
        return Convert.ToHexStringLower(hash.Finish());
    }

    internal static BlockHash Create(string algorithm) => algorithm switch
    {
        "sha1" => new Sha1(),
        "sha256" => new Sha256(),
        "sha384" => new Sha512(is384: true),
        "sha512" => new Sha512(is384: false),
        _ => throw new ArgumentException($"no digest {algorithm}", nameof(algorithm)),
    };
}
