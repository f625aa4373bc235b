using System.Reflection;
using System.Reflection.Emit;
using Clip.Trainer.Modeling;
using TorchSharp;
using TorchSharp.Modules;

namespace Clip.Trainer.Tests.Modeling;

/// <summary>
/// What native code is given lives until it has returned. TorchSharp passes bare addresses, so an object that nothing refers to any more may
/// be finalized in the middle of a call: a rare crash, or a wrong number without one. See <see cref="TensorOps"/>.
/// </summary>
public sealed class NativeHoldsTests
{
    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    /// <summary>
    /// A number that becomes a scalar or a tensor, and an embedding's table, which is wrapped anew at each look, go into a local or a
    /// field, which holds them, and not straight into a call; and of TorchSharp's own calls none is used that makes a scalar in passing.
    /// </summary>
    [Fact]
    public void WhatIsMadeForACallIsDeclared()
    {
        var code = typeof(TensorOps).Assembly.GetTypes()
            .SelectMany(type => type.GetMembers(
                BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .OfType<MethodBase>();
        var made = code.SelectMany(Made).ToList();

        Assert.Contains(made, one => one.IsHeld); // else nothing was read
        Assert.Empty(made.Where(one => !one.IsHeld).Select(one => one.Where));
    }

    private static IEnumerable<(string Where, bool IsHeld)> Made(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code) yield break;
        var wasMade = false;
        for (var at = 0; at < code.Length;)
        {
            var opCode = OpCodesByValue[code[at] == 0xFE ? (short)((0xFE << 8) | code[at + 1]) : code[at]];
            at += opCode.Size;
            if (wasMade) yield return ($"{method.DeclaringType}.{method.Name}", opCode.Name!.StartsWith("st", StringComparison.Ordinal));
            wasMade = false;
            if (opCode.OperandType == OperandType.InlineMethod)
            {
                var called = method.Module.ResolveMethod(
                    BitConverter.ToInt32(code, at), method.DeclaringType!.GetGenericArguments(),
                    method.IsGenericMethod ? method.GetGenericArguments() : null);
                wasMade = IsMadeForACall(called);
                if (MakesAScalar(called)) yield return ($"{method.DeclaringType}.{method.Name}: {called}", false);
            }

            at += opCode.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    private static bool IsMadeForACall(MethodBase? called) =>
        called is MethodInfo { Name: "op_Implicit" } made && (made.ReturnType == typeof(Scalar) || made.ReturnType == typeof(torch.Tensor))
        || called is { Name: "get_weight" } && called.DeclaringType == typeof(Embedding);

    /// <summary>Operators between tensors and numbers, and sums of two tensors that name no factor.</summary>
    private static bool MakesAScalar(MethodBase? called)
    {
        if (called?.DeclaringType != typeof(torch.Tensor) || called.Name == "op_Implicit") return false;
        var types = called.GetParameters().Select(p => p.ParameterType).ToList();
        return (called.Name is "add" or "add_" && types is [var other] && other == typeof(torch.Tensor))
            || called.Name == "op_Addition"
            || (called.Name.StartsWith("op_", StringComparison.Ordinal) && types.Exists(type => type.IsPrimitive));
    }
}
