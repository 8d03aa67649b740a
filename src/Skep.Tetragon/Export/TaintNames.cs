using System.Numerics;

namespace Skep.Tetragon.Export;

/// <summary>What modules do to the kernel's reputation, as Tetragon's API names it.</summary>
static class TaintNames
{
    public static void Write(JsonLineWriter json, uint taints)
    {
        var isFirst = true;
        for (; taints != 0; taints &= taints - 1)
        {
            var name = Of(BitOperations.TrailingZeroCount(taints));
            if (name.IsEmpty) continue;
            if (isFirst)
            {
                json.Member(",\"tainted\":"u8);
                json.Raw((byte)'[');
            }
            isFirst = false;
            json.Element();
            json.Quoted(name);
        }
        if (!isFirst) json.Raw((byte)']');
    }

    /// <summary>Those that a module can cause.</summary>
    static ReadOnlySpan<byte> Of(int bit) => bit switch
    {
        0 => "TAINT_PROPRIETARY_MODULE"u8,
        1 => "TAINT_FORCED_MODULE"u8,
        2 => "TAINT_FORCED_UNLOAD_MODULE"u8,
        10 => "TAINT_STAGED_MODULE"u8,
        12 => "TAINT_OUT_OF_TREE_MODULE"u8,
        13 => "TAINT_UNSIGNED_MODULE"u8,
        15 => "TAINT_KERNEL_LIVE_PATCH_MODULE"u8,
        18 => "TAINT_TEST_MODULE"u8,
        _ => default,
    };
}
