namespace Clip.Conversion.Architectures;

/// <summary>
/// The names of a CLIP's parameters, OpenAI's, each beside those of Hugging Face (transformers' <c>CLIPModel</c> and <c>SiglipModel</c>)
/// and of timm (its <c>VisionTransformer</c> in open_clip's SigLIP models). They are spelled here alone.
/// </summary>
internal static class ClipNames
{
    /// <summary>The logarithm of the inverse temperature.</summary>
    public static readonly ParameterName LogitScale = new("logit_scale", "logit_scale");

    /// <summary>Not CLIP's but the sigmoid loss has it; Hugging Face's <c>CLIPModel</c> ignores it.</summary>
    public static readonly ParameterName LogitBias = new("logit_bias", "logit_bias");

    /// <summary>ConVIRT's second layer behind the image tower; Hugging Face ignores it.</summary>
    public static readonly ParameterName ImageHead = new("image_head", "image_head");

    /// <summary>ConVIRT's second layer behind the text tower; Hugging Face ignores it.</summary>
    public static readonly ParameterName TextHead = new("text_head", "text_head");

    /// <summary>Whether a name is a batch norm's statistic, which is stored beside the parameters but is none.</summary>
    public static bool IsStatistic(string name) =>
        new[] { BatchNorm.Mean, BatchNorm.Variance, BatchNorm.Count }.Any(part => name.EndsWith(part, StringComparison.Ordinal));

    /// <summary>The text tower, at the model's top level.</summary>
    public static class Text
    {
        public static readonly ParameterName
            Positions = new("positional_embedding", "text_model.embeddings.position_embedding.weight"),
            Tokens = new("token_embedding.weight", "text_model.embeddings.token_embedding.weight"),
            FinalNorm = new("ln_final", "text_model.final_layer_norm"),
            Projection = new("text_projection", "text_projection.weight") { IsTransposed = true },
            LinearProjection = new("text_projection", "text_model.head"),
            Blocks = new("transformer.resblocks.", "text_model.encoder.layers.");
    }

    /// <summary>The image tower: a Vision Transformer, CLIP's or SigLIP's.</summary>
    public static class Image
    {
        /// <summary>What all of its names start with.</summary>
        public const string Prefix = "visual.";

        /// <summary>What all names of a timm tower start with.</summary>
        public const string TimmPrefix = "visual.trunk.";

        /// <summary>CoCa's pooling.</summary>
        public const string AttentionalPool = "visual.attn_pool";

        public static readonly ParameterName
            Patches = new("visual.conv1", "vision_model.embeddings.patch_embedding", $"{TimmPrefix}patch_embed.proj"),
            ClassToken = new("visual.class_embedding", "vision_model.embeddings.class_embedding"),
            Positions = new(
                "visual.positional_embedding", "vision_model.embeddings.position_embedding.weight", $"{TimmPrefix}pos_embed"),
            // Hugging Face's spelling.
            NormBefore = new("visual.ln_pre", "vision_model.pre_layrnorm"),
            NormBehind = new("visual.ln_post", "vision_model.post_layernorm", $"{TimmPrefix}norm"),
            Projection = new("visual.proj", "visual_projection.weight") { IsTransposed = true },
            Blocks = new("visual.transformer.resblocks.", "vision_model.encoder.layers.", $"{TimmPrefix}blocks."),
            Head = new("visual.head", "vision_model.head", $"{TimmPrefix}attn_pool"),
            // The learned query of the pooling head, by which a SigLIP is recognized.
            Probe = Head + new ParameterName(".probe", ".probe", ".latent");
    }

    /// <summary>CLIP's ResNet, which neither Hugging Face nor timm has.</summary>
    public static class ResNet
    {
        public const string Pool = "visual.attnpool", PoolPositions = $"{Pool}.positional_embedding";

        /// <summary>The linear layers of the attention pooling; the last projects into the shared space.</summary>
        public const string Query = "q_proj", Key = "k_proj", Value = "v_proj", Output = "c_proj";

        /// <summary>A convolution of the stem (<see cref="Image.Prefix"/>) or of a block, counted from 1.</summary>
        public static string Convolution(string prefix, int number) => $"{prefix}conv{number}";

        /// <summary>The batch norm behind <see cref="Convolution"/>.</summary>
        public static string Norm(string prefix, int number) => $"{prefix}bn{number}";

        /// <summary>The convolution of a block's shortcut.</summary>
        public static string Shortcut(string block) => $"{block}downsample.0";

        /// <summary>The batch norm behind <see cref="Shortcut"/>.</summary>
        public static string ShortcutNorm(string block) => $"{block}downsample.1";

        /// <summary>A stage's blocks, numbered behind this; stages count from 0 here and from 1 in the name.</summary>
        public static string Stage(int stage) => $"visual.layer{stage + 1}.";
    }

    /// <summary>What a batch norm keeps beside its gain and bias.</summary>
    public static class BatchNorm
    {
        public const string Mean = ".running_mean", Variance = ".running_var", Count = ".num_batches_tracked";
    }

    /// <summary>A residual attention block's parts.</summary>
    public static class Block
    {
        public static readonly ParameterName
            InWeight = new(".attn.in_proj_weight", ".self_attn.{q,k,v}_proj.weight", ".attn.qkv.weight"),
            InBias = new(".attn.in_proj_bias", ".self_attn.{q,k,v}_proj.bias", ".attn.qkv.bias"),
            Out = new(".attn.out_proj", ".self_attn.out_proj", ".attn.proj"),
            FirstNorm = new(".ln_1", ".layer_norm1", ".norm1"),
            SecondNorm = new(".ln_2", ".layer_norm2", ".norm2"),
            FirstScale = new(".ls_1.gamma"),
            SecondScale = new(".ls_2.gamma"),
            Widen = new(".mlp.c_fc", ".mlp.fc1", ".mlp.fc1"),
            Narrow = new(".mlp.c_proj", ".mlp.fc2", ".mlp.fc2");
    }

    /// <summary>The parts of SigLIP's attention-pooling head, called here as a block's are.</summary>
    public static class Head
    {
        public static readonly ParameterName
            InWeight = new(".attn.in_proj_weight", ".attention.in_proj_weight", ".{q,kv}.weight"),
            InBias = new(".attn.in_proj_bias", ".attention.in_proj_bias", ".{q,kv}.bias"),
            Out = new(".attn.out_proj", ".attention.out_proj", ".proj"),
            Norm = new(".ln_2", ".layernorm", ".norm"),
            Widen = new(".mlp.c_fc", ".mlp.fc1", ".mlp.fc1"),
            Narrow = new(".mlp.c_proj", ".mlp.fc2", ".mlp.fc2");
    }

    /// <summary>VirTex's two decoders and what they share, and the bag of words' layer; known to this trainer alone.</summary>
    public static class Captioner
    {
        public static readonly ParameterName
            Grid = new("grid_projection"), Feature = new("feature_projection"), Words = new("words.weight"), Positions = new("positions"),
            EmbeddingNorm = new("ln_embed"), OutputBias = new("output_bias"), WordLogits = new("word_logits"),
            CrossInWeight = new(".cross_attn.in_proj_weight"), CrossInBias = new(".cross_attn.in_proj_bias"),
            CrossOut = new(".cross_attn.out_proj"), CrossNorm = new(".ln_cross");

        public static readonly ParameterName[] Decoders = [new("forward_decoder."), new("backward_decoder.")];

        public static readonly ParameterName DecoderBlocks = new("resblocks."), DecoderNorm = new("ln_final");
    }
}
