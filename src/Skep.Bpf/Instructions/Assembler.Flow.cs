namespace Skep.Bpf.Instructions;

public sealed partial class Assembler
{
    /// <summary>Jumps to a label.</summary>
    public Assembler Jump(Label target) => Jump((int)InstructionClass.Jump | OpCode.JumpAlways, default, default, 0, target);

    /// <summary>Jumps when the comparison of 64-bit registers holds.</summary>
    public Assembler JumpIf(Register left, Comparison comparison, Register right, Label target) =>
        Jump((int)InstructionClass.Jump | (int)comparison | OpCode.SourceRegister, left, right, 0, target);

    /// <summary>Jumps when the comparison with a sign-extended immediate holds.</summary>
    public Assembler JumpIf(Register left, Comparison comparison, int right, Label target) =>
        Jump((int)InstructionClass.Jump | (int)comparison, left, default, right, target);

    /// <summary>Jumps when the comparison of low halves holds. Requires at least Linux 5.1.</summary>
    public Assembler JumpIf32(Register left, Comparison comparison, Register right, Label target) =>
        Jump((int)InstructionClass.Jump32 | (int)comparison | OpCode.SourceRegister, left, right, 0, target);

    /// <summary>Jumps when the comparison of the low half with an immediate holds. Requires at least Linux 5.1.</summary>
    public Assembler JumpIf32(Register left, Comparison comparison, int right, Label target) =>
        Jump((int)InstructionClass.Jump32 | (int)comparison, left, default, right, target);

    /// <summary>A jump that the kernel takes after a bounded number of passes, for loops that the verifier cannot bound. Requires at least Linux 6.9.</summary>
    public Assembler MayGoto(Label target) => Jump((int)InstructionClass.Jump | OpCode.JumpConditional, default, default, 0, target);

    /// <summary>Calls a helper: arguments in r1–r5, result in r0; r1–r5 are lost.</summary>
    public Assembler Call(HelperFunction helper) => Emit(OpCode.CallInstruction, default, default, immediate: (int)helper);

    /// <summary>Calls a subprogram of the object by name. Requires at least Linux 4.16.</summary>
    public Assembler Call(string function) => Refer(RelocationKind.Call, function).Emit(OpCode.CallInstruction, default, (Register)OpCode.PseudoCall, immediate: -1);

    /// <summary>Calls a subprogram inside the same code, at a label.</summary>
    public Assembler Call(Label function)
    {
        _calls.Add(Length, CheckedLabel(function));
        return Emit(OpCode.CallInstruction, default, (Register)OpCode.PseudoCall);
    }

    /// <summary>Calls a kernel function (kfunc), or a function of another object, by name. Requires at least Linux 5.13.</summary>
    public Assembler CallExtern(string function) =>
        Refer(RelocationKind.ExternCall, function).Emit(OpCode.CallInstruction, default, (Register)OpCode.PseudoKfuncCall, immediate: -1);

    /// <summary>Returns r0.</summary>
    public Assembler Exit() => Emit(OpCode.ExitInstruction, default, default);

    Label CheckedLabel(Label label)
    {
        Check(label);
        return label;
    }

    Assembler Jump(int code, Register left, Register right, int immediate, Label target)
    {
        _jumps.Add(Length, CheckedLabel(target));
        return Emit(code, left, right, 0, immediate);
    }
}
