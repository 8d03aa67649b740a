using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>The digest of the file that a hook's record is about; <c>struct digest_record</c> of <c>bpf/engine.h</c>.</summary>
public readonly ref struct DigestRecord
{
    // enum hash_algo (include/uapi/linux/hash_info.h), as far as the integrity subsystem uses it.
    static readonly (string Name, int Size)[] s_algorithms =
    [
        ("md4", 16), ("md5", 16), ("sha1", 20), ("rmd160", 20), ("sha256", 32), ("sha384", 48), ("sha512", 64), ("sha224", 28), ("rmd128", 16), ("rmd256", 32),
        ("rmd320", 40), ("wp256", 32), ("wp384", 48), ("wp512", 64), ("tgr128", 16), ("tgr160", 20), ("tgr192", 24), ("sm3", 32), ("streebog256", 32), ("streebog512", 64),
        ("sha3-256", 32), ("sha3-384", 48), ("sha3-512", 64),
    ];

    /// <summary>Which event it belongs to: its thread and time.</summary>
    public RecordHeader Header { get; private init; }

    /// <summary>Name of the algorithm; empty when the kernel gave no digest.</summary>
    public string Algorithm { get; private init; }

    /// <summary>The digest; empty when the kernel gave none.</summary>
    public ReadOnlySpan<byte> Digest { get; private init; }

    /// <summary>Reads a record; false when it is none of this kind.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out DigestRecord record)
    {
        record = default;
        if (!RecordHeader.TryRead<Fixed>(bytes, RecordKind.FileDigest, out var header, out var body, out var digest)) return false;
        var (name, size) = (uint)body.Algorithm < (uint)s_algorithms.Length ? s_algorithms[body.Algorithm] : ("", 0);
        record = new DigestRecord { Header = header, Algorithm = name, Digest = digest[..Math.Min(size, digest.Length)] };
        return true;
    }

    [StructLayout(LayoutKind.Sequential)]
    readonly record struct Fixed(int Algorithm, uint Reserved);
}
