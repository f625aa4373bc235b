# Makes scikit-learn.json, with scikit-learn 1.2.1 (Debian 12, python3-sklearn).
import numpy as np, json, sklearn, warnings
from sklearn.metrics import balanced_accuracy_score, top_k_accuracy_score, average_precision_score
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
rng=np.random.RandomState(7)
N,C=40,7
scores=np.round(rng.randn(N,C),3).astype(np.float32)
y=rng.randint(0,C,N); y[:C]=np.arange(C)
scores[np.arange(N),y]+=np.float32(0.5)
scores=np.round(scores.astype(np.float64),3)
out={'sklearn':sklearn.__version__,'scores':scores.tolist(),'labels':y.tolist()}
out['acc1']=top_k_accuracy_score(y,scores,k=1,labels=range(C)); out['acc5']=top_k_accuracy_score(y,scores,k=5,labels=range(C))
out['balanced']=balanced_accuracy_score(y,scores.argmax(1))
multi=(rng.rand(N,C)<0.3).astype(int); multi[:,6]=0
ties=np.round(scores,0)
warnings.simplefilter('ignore')
out['multi']=[np.flatnonzero(r).tolist() for r in multi]
out['ap']=[float(average_precision_score(multi[:,c],scores[:,c])) if multi[:,c].any() else 0.0 for c in range(C)]
out['ap_ties']=[float(average_precision_score(multi[:,c],ties[:,c])) if multi[:,c].any() else 0.0 for c in range(C)]
e=np.exp(scores-scores.max(1,keepdims=True)); p=e/e.sum(1,keepdims=True)
conf=p.max(1); hit=(scores.argmax(1)==y).astype(int)
frac,mean=calibration_curve(hit,conf,n_bins=15)
counts=np.histogram(conf,bins=np.linspace(0,1,16))[0]; counts=counts[counts>0]
out['calibration']={'accuracy':frac.tolist(),'confidence':mean.tolist(),'counts':counts.tolist(),'ece':float((counts*np.abs(frac-mean)).sum()/N)}
# probe
M,D=60,5
X=rng.randn(M,D); X/=np.linalg.norm(X,axis=1,keepdims=True); X=np.round(X,4)
t=np.array([ (i%3) for i in range(M)])
X[np.arange(M),t]+=0.7
X=np.round(X,4)
T=np.round(rng.randn(6,D),3)
out['probe']={'train':X.tolist(),'classes':t.tolist(),'test':T.tolist(),'l2':{}}
for l2 in [10.0,1.0,0.1,0.01]:
    lr=LogisticRegression(C=1/l2,max_iter=10000,tol=1e-10).fit(X,t)
    out['probe']['l2'][str(l2)]=np.round(lr.predict_proba(T),6).tolist()
json.dump(out,open('scikit-learn.json','w'))
