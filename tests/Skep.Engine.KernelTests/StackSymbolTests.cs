using System.Globalization;
using System.Runtime.InteropServices;
using Shouldly;
using Skep.Engine.Processes;
using Skep.Engine.Symbols;
using Skep.Testing;

namespace Skep.Engine.KernelTests;

public class StackSymbolTests
{
    [KernelFact]
    public void Address_in_a_library_is_named_with_the_librarys_build_id()
    {
        var libc = NativeLibrary.Load("libc.so.6");
        var address = (ulong)NativeLibrary.GetExport(libc, "getppid") + 4;
        var process = ProcReaderOf().ToProcessInfo(new ProcessId((uint)Environment.ProcessId, 1), ProcessFlags.None, null, null);
        new StackSymbols().TryResolve(address, process, out var symbol).ShouldBeTrue();
        (symbol.Name, symbol.Offset).ShouldBe(("getppid", 4ul));
        var id = symbol.BuildId.ShouldNotBeNull();
        id.Length.ShouldBeGreaterThanOrEqualTo(16);
        // The kernel's own name of it, where it tells one, is in the note of the file.
        var note = (byte[])[4, 0, 0, 0, (byte)(id.Length / 2), 0, 0, 0, 3, 0, 0, 0, .. "GNU\0"u8, .. Convert.FromHexString(id)];
        File.ReadAllBytes(symbol.Module).AsSpan().IndexOf(note).ShouldBeGreaterThan(0, string.Create(CultureInfo.InvariantCulture, $"{id} in {symbol.Module}"));
    }

    static ProcProcess ProcReaderOf() => new ProcReader().TryRead((uint)Environment.ProcessId).ShouldNotBeNull();
}
