using Iced.Intel;
using Decoder = Iced.Intel.Decoder;

namespace Skep.Bpf;

/// <summary>
/// Where a probe at a function's entry was put and why. On x86-64 the kernel emulates a few instructions under a probe (push of a register,
/// nop, relative call, jump and conditional jump; arch/x86/kernel/uprobes.c: push_setup_xol_ops, branch_setup_xol_ops) and single-steps
/// all others, which costs two traps and, on a virtual machine, more than ten times as much.
/// </summary>
/// <param name="Offset">Bytes from the function's first instruction.</param>
/// <param name="IsEmulated">Whether the kernel emulates the instruction there.</param>
/// <param name="StackAdjustment">By how many bytes the stack pointer is lower there than at entry.</param>
/// <param name="Reason">The choice in words.</param>
public sealed record UprobePlacement(int Offset, bool IsEmulated, int StackAdjustment, string Reason)
{
    // The System V argument registers, and those that Go adds (https://go.dev/s/regabi).
    static readonly Register[] s_arguments = [Register.RDI, Register.RSI, Register.RDX, Register.RCX, Register.R8, Register.R9];
    static readonly Register[] s_goArguments = [.. s_arguments, Register.RAX, Register.RBX, Register.R10, Register.R11];

    /// <summary>
    /// Chooses the first instruction that is cheap and equivalent to the entry: it runs exactly once per call, before anything the
    /// program could miss. The walk goes over straight-line code only and ends, at the latest behind the instruction it looks at, at a
    /// transfer of control, a write to an argument register, a store through anything but the stack pointer, or a target of a jump.
    /// </summary>
    /// <param name="code">The whole function. An empty span means that its size is unknown: the entry is chosen, because a jump back could be missed.</param>
    /// <param name="address">Virtual address of the function.</param>
    /// <param name="mode">What must be intact.</param>
    /// <param name="isGo">Whether the arguments are in Go's registers.</param>
    public static UprobePlacement Choose(ReadOnlySpan<byte> code, ulong address, UprobePlacementMode mode, bool isGo = false)
    {
        if (mode == UprobePlacementMode.Entry) return new UprobePlacement(0, false, 0, "the entry was asked for");
        if (code.IsEmpty) return new UprobePlacement(0, false, 0, "the function's size is unknown, so only its entry is safe");
        var bytes = code.ToArray();
        var targets = FindJumpTargets(bytes, address, out var hasIndirectJump);
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(bytes), address);
        var factory = new InstructionInfoFactory();
        var arguments = isGo ? s_goArguments : s_arguments;
        var (moved, frameIsSet, first) = (0, false, "");
        while (decoder.IP < address + (ulong)bytes.Length)
        {
            decoder.Decode(out var instruction);
            if (instruction.IsInvalid) break;
            var offset = (int)(instruction.IP - address);
            // A loop that starts here would run the probe more often than the function is called.
            if (offset > 0 && targets.Contains(instruction.IP)) break;
            if (mode == UprobePlacementMode.CheapestWithStack && moved != 0) break;
            var isPush = IsEmulatedPush(instruction, bytes.AsSpan(offset));
            if (offset == 0) first = instruction.ToString();
            if (isPush || IsEmulatedBranchOrNop(instruction, bytes.AsSpan(offset)))
            {
                return new UprobePlacement(offset, true, moved, offset == 0
                    ? $"the first instruction '{instruction}' is emulated"
                    : $"'{instruction}' at +0x{offset:x} is emulated, the first instruction '{first}' would be single-stepped; argument registers are intact"
                      + (moved == 0 ? " and so is the stack" : $", the stack pointer is {moved} bytes lower"));
            }
            // With a jump table some target is unknown. A push cannot be the target of a loop, anything behind the frame's set-up could.
            if (hasIndirectJump && !IsFrameSetUp(instruction)) break;
            if (instruction.FlowControl != FlowControl.Next || Clobbers(factory, instruction, arguments, frameIsSet)) break;
            if (instruction is { Mnemonic: Mnemonic.Mov, Op0Register: Register.RBP, Op1Register: Register.RSP }) frameIsSet = true;
            if (!TryTrackStack(instruction, ref moved)) break;
        }
        return new UprobePlacement(0, false, 0, $"no emulated instruction was found before the arguments change; the first instruction '{first}' is single-stepped");
    }

    /// <summary>What the kernel does under a probe at a place that was given.</summary>
    /// <param name="code">The code from there on.</param>
    /// <param name="address">Virtual address of the place.</param>
    internal static UprobePlacement At(ReadOnlySpan<byte> code, ulong address)
    {
        var bytes = code.ToArray();
        Decoder.Create(64, new ByteArrayCodeReader(bytes), address).Decode(out var instruction);
        if (instruction.IsInvalid) return new UprobePlacement(0, false, 0, "there is no instruction");
        var isEmulated = IsEmulatedPush(instruction, bytes) || IsEmulatedBranchOrNop(instruction, bytes);
        return new UprobePlacement(0, isEmulated, 0, $"the instruction '{instruction}' there is {(isEmulated ? "emulated" : "single-stepped")}");
    }

    /// <summary>Every place that a direct jump of the function leads to.</summary>
    static HashSet<ulong> FindJumpTargets(byte[] code, ulong address, out bool hasIndirectJump)
    {
        var targets = new HashSet<ulong>();
        hasIndirectJump = false;
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(code), address);
        while (decoder.IP < address + (ulong)code.Length)
        {
            decoder.Decode(out var instruction);
            switch (instruction.FlowControl)
            {
                case FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch or FlowControl.XbeginXabortXend when instruction.Op0Kind == OpKind.NearBranch64:
                    targets.Add(instruction.NearBranchTarget);
                    break;
                case FlowControl.IndirectBranch:
                    hasIndirectJump = true;
                    break;
            }
        }
        return targets;
    }

    /// <summary><c>push reg</c> in one byte, or in two with REX.B alone.</summary>
    static bool IsEmulatedPush(in Instruction instruction, ReadOnlySpan<byte> bytes) =>
        instruction is { Mnemonic: Mnemonic.Push, Length: 1 } && bytes[0] is >= 0x50 and <= 0x57
        || instruction is { Mnemonic: Mnemonic.Push, Length: 2 } && bytes[0] == 0x41 && bytes[1] is >= 0x50 and <= 0x57;

    static bool IsEmulatedBranchOrNop(in Instruction instruction, ReadOnlySpan<byte> bytes) => bytes[0] switch
    {
        0x90 => true,
        0xe8 or 0xe9 or 0xeb => true,
        >= 0x70 and <= 0x7f => true,
        0x0f => instruction.Length == 6 && bytes[1] is >= 0x80 and <= 0x8f,
        _ => false,
    };

    static bool IsFrameSetUp(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Endbr64 or Mnemonic.Push or Mnemonic.Nop
        || instruction is { Mnemonic: Mnemonic.Mov, Op0Register: Register.RBP, Op1Register: Register.RSP };

    static bool Clobbers(InstructionInfoFactory factory, in Instruction instruction, Register[] arguments, bool frameIsSet)
    {
        ref readonly var info = ref factory.GetInfo(instruction);
        foreach (var used in info.GetUsedRegisters())
        {
            if (IsWrite(used.Access) && Array.IndexOf(arguments, used.Register.GetFullRegister()) >= 0) return true;
            // A moved frame pointer makes our reading of "on the stack" wrong.
            if (IsWrite(used.Access) && frameIsSet && used.Register.GetFullRegister() == Register.RBP) return true;
        }
        foreach (var memory in info.GetUsedMemory())
        {
            if (IsWrite(memory.Access) && memory.Base != Register.RSP && !(frameIsSet && memory.Base == Register.RBP)) return true;
        }
        return false;
    }

    static bool IsWrite(OpAccess access) => access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite;

    /// <summary>Keeps count of the stack pointer; false when it can no longer be told.</summary>
    static bool TryTrackStack(in Instruction instruction, ref int moved)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Sub or Mnemonic.Add when instruction.Op0Register == Register.RSP:
                if (instruction.Op1Kind is not (OpKind.Immediate8to64 or OpKind.Immediate32to64)) return false;
                var amount = (int)(long)instruction.GetImmediate(1);
                moved += instruction.Mnemonic == Mnemonic.Sub ? amount : -amount;
                return true;
            case Mnemonic.Lea or Mnemonic.Mov or Mnemonic.And or Mnemonic.Xchg when instruction.Op0Register == Register.RSP:
                return false;
            default:
                moved -= instruction.StackPointerIncrement;
                return true;
        }
    }
}
