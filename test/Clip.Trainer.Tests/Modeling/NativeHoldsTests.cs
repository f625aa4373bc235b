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
    /// A scalar, and an embedding's table, which is wrapped anew at each look, go into a local or a field, which holds them, and not
    /// straight into a call.
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
            wasMade = opCode.OperandType == OperandType.InlineMethod && IsMadeForACall(method.Module.ResolveMethod(
                BitConverter.ToInt32(code, at), method.DeclaringType!.GetGenericArguments(),
                method.IsGenericMethod ? method.GetGenericArguments() : null));
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
        called is MethodInfo { Name: "op_Implicit" } made && made.ReturnType == typeof(Scalar)
        || called is { Name: "get_weight" } && called.DeclaringType == typeof(Embedding);
}
