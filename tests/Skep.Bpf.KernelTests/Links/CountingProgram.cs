using System.Runtime.InteropServices;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.KernelTests.Links;

/// <summary>
/// A program that counts its runs in a map, may note values, and returns a constant. In the code that a test adds, r6 holds the
/// context and r7 the address of the <see cref="Counters"/>.
/// </summary>
sealed class CountingProgram : IDisposable
{
    public const int RunsOffset = 0, ValueOffset = 8, CookieOffset = 16, ExtraOffset = 24;

    readonly BpfArray<Counters> _counters;

    public CountingProgram(
        ProgramType type, AttachType attachType = default, int verdict = 0, Action<Assembler>? body = null, uint attachBtfId = 0, ProgramFlags flags = default,
        string? name = null, string section = "", string target = "")
    {
        _counters = BpfMap.CreateArray<Counters>(1, "counters");
        var code = new Assembler(name ?? "counting");
        code.Move(Register.R6, Register.R1);
        code.Emit(new Instruction(OpCode.LoadImmediate64, Register.R7, (Register)OpCode.PseudoMapValue, 0, _counters.Map.Fd.Value)).Emit(default);
        code.Move(Register.R1, 1).Atomic(AtomicOperation.Add, AccessSize.Double, Register.R7, RunsOffset, Register.R1);
        body?.Invoke(code);
        code.Move(Register.R0, verdict).Exit();
        var image = new ProgramImage
        {
            Name = code.Name, Type = type, AttachType = attachType, Instructions = code.Build().Instructions, AttachBtfId = attachBtfId, Flags = flags,
        };
        try
        {
            using var loaded = BpfProgram.Load(image);
            // A program as BpfObject hands it out knows its section.
            Program = new BpfProgram(loaded.Fd.Duplicate(), code.Name, type, attachType) { SectionName = section, AttachTarget = target };
        }
        catch
        {
            _counters.Dispose();
            throw;
        }
    }

    public BpfProgram Program { get; }

    public ulong Runs => _counters[0].Runs;

    public ulong Value => _counters[0].Value;

    public ulong Cookie => _counters[0].Cookie;

    public ulong Extra => _counters[0].Extra;

    /// <summary>Notes the attach cookie.</summary>
    public static void NoteCookie(Assembler code) =>
        code.Move(Register.R1, Register.R6).Call(HelperFunction.GetAttachCookie).Store(AccessSize.Double, Register.R7, CookieOffset, Register.R0);

    /// <summary>Notes eight bytes of the context.</summary>
    public static Action<Assembler> NoteContext(int offset, AccessSize size = AccessSize.Double) => code =>
        code.Load(size, Register.R1, Register.R6, offset).Store(AccessSize.Double, Register.R7, ValueOffset, Register.R1);

    public void Dispose()
    {
        Program.Dispose();
        _counters.Dispose();
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Counters
    {
        public ulong Runs, Value, Cookie, Extra;
    }
}
